"""Take every secret out of a stream before anything reads it, so that nothing later can print one.

A secret value comes as `"[secret]"`, or as an object with the key `4dabf18193072939515e22adb298388d` (sdk/go/common/
resource/properties.go of Pulumi), which may hold `plaintext`, JSON in a string. What such an object holds is taken out
of every other text, too. Does not know secrets that the engine itself prints as plain text and marks nowhere.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from towpath.doctor.redaction import SHOWN, redacted

SECRET = SHOWN
"""What stands for a secret."""
UNKNOWN = "[unknown]"
"""What stands for a value that only an `up` finds out."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a secret, an asset or the like."""

_UNKNOWNS = frozenset({"04da6b54-80e4-46f7-96ec-b56ff0331ba9", "output<string>", "computed<string>"})
_SHORTEST = 4
"""A shorter text is in every other word; taking it out would leave nothing."""
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*[A-Za-z]")


def without_secrets(events: list[Any]) -> list[Any]:
    """Return the events with `SECRET` for each secret, and `UNKNOWN` for what is not known yet."""
    texts = {_plain(text) for text in _secret_texts(events)}
    found = {text for text in texts if len(text) >= _SHORTEST and text != SECRET}
    return [_clean(event, found) for event in events]


def _clean(value: Any, secrets: set[str]) -> Any:  # noqa: ANN401 JSON
    if isinstance(value, dict):
        if SIGNATURE in value:
            return SECRET
        return {_clean_text(key, secrets): _clean(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each, secrets) for each in value]
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else _clean_text(value, secrets)
    is_secret = isinstance(value, int | float) and not isinstance(value, bool) and str(value) in secrets
    return SECRET if is_secret else value


def _clean_text(text: str, secrets: set[str]) -> str:
    # Plain first: else what is taken out later could join the halves of a secret.
    return redacted(_PRIVATE_KEY.sub(SECRET, _plain(text)), secrets)


def _plain(text: str) -> str:
    """Take out colours, control characters and halves of characters."""
    return _UNSHOWN.sub("", _COLOUR.sub("", text))


def _secret_texts(value: Any) -> Iterator[str]:  # noqa: ANN401 JSON
    if isinstance(value, dict):
        if SIGNATURE in value:
            for key, each in value.items():
                if key != SIGNATURE:
                    yield from _texts(each)
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _secret_texts(each)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 JSON
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        yield from (line for line in value.splitlines() if line != value)
        try:
            inner = json.loads(value)
        except ValueError:
            return
        if inner != value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
