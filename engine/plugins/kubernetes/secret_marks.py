"""Which values of an object are secret, and keeping them out of messages."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Final

from engine.plugins.values import Properties, Secret, Value, has_secret, reveal

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_SHORTEST_MASKED: Final = 6
"""Characters; shorter texts occur by chance."""


def mark_secrets(outputs: Properties, inputs: Properties) -> Properties:
    """Return outputs with the same values secret as in the inputs, and always the contents of a Secret.

    Where a list holds a secret, the whole list is one: its items may move.
    """
    marked = {key: _mark(value, inputs[key]) if key in inputs else value for key, value in outputs.items()}
    if marked.get("kind") == "Secret":
        marked |= {key: _secret(marked[key]) for key in ("data", "stringData") if key in marked}
        marked = _with_secret_copy(marked)
    return marked


def redact(message: str, inputs: Properties) -> str:
    """Return the message with every secret text of the inputs, plain or encoded, masked."""
    for text in sorted(set(_texts(inputs)), key=len, reverse=True):
        message = message.replace(text, "[secret]")
    return message


def _mark(output: Value, given: Value) -> Value:
    if isinstance(output, Secret):
        return output
    if isinstance(output, dict) and isinstance(given, dict):
        return mark_secrets(output, given)
    return Secret(output) if has_secret(given) else output


def _secret(value: Value) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _with_secret_copy(secret: Properties) -> Properties:
    """Mark the copy of the contents that `kubectl apply` keeps in an annotation."""
    metadata = secret.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
        return secret
    marked = {**annotations, LAST_APPLIED: _secret(annotations[LAST_APPLIED])}
    return {**secret, "metadata": {**metadata, "annotations": marked}} if isinstance(metadata, dict) else secret


def _texts(value: Value, *, secret: bool = False) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _texts(value.value, secret=True)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, secret=secret)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, secret=secret)
    elif secret and isinstance(value, str):
        yield from _forms(value)


def _forms(text: str) -> Iterator[str]:
    """Yield the text, what it encodes, and what is inside a JSON document such as a `.dockerconfigjson`."""
    if len(text) < _SHORTEST_MASKED:
        return
    yield text
    yield base64.b64encode(text.encode()).decode()
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        decoded = text
    if decoded != text and len(decoded) >= _SHORTEST_MASKED:
        yield decoded
    yield from _json_texts(decoded)


def _json_texts(text: str) -> Iterator[str]:
    if not text.startswith(("{", "[")):
        return
    try:
        content = json.loads(text)
    except ValueError:
        return
    yield from _leaves(reveal(content))


def _leaves(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for value in content.values():
            yield from _leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value)
    elif isinstance(content, str) and len(content) >= _SHORTEST_MASKED:
        yield content
