"""The user's own condition: the annotation `pulumi.com/waitFor`.

Its value is one expression or a JSON list of them, all of which must hold:
``condition=Ready``, ``condition=Ready=Unknown``, ``jsonpath={.status.phase}=Running``, ``jsonpath={.status.address}``.
"""

import json
import re
from typing import Any

from engine.plugins.kubernetes.documents import name_in
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.paths import Path, parse_path
from engine.plugins.kubernetes.readiness.verdict import Related, Rule, Verdict, condition
from engine.plugins.resource import ProviderError

_TIMEOUT_SECONDS = 600
_JSONPATH = re.compile(r"jsonpath=\{(?P<path>\.[^{}?()]+)\}(?:=(?P<value>.*))?")


def wait_for_rule(annotation: str) -> Rule:
    """Read the annotation.

    Raises:
        ProviderError: an expression is not of the two forms; of JSONPath, keys and indexes are understood.

    """
    expressions = _expressions(annotation)
    for expression in expressions:
        _holds(expression, {})

    def judge(document: KubeObject, _related: Related) -> Verdict:
        open_ones = [expression for expression in expressions if not _holds(expression, document)]
        texts = tuple(f"{name_in(document)!r}: {expression} does not hold" for expression in open_ones)
        return Verdict(ready=not open_ones, status=f"Waiting for {', '.join(open_ones)}", problems=texts)

    return Rule(judge, _TIMEOUT_SECONDS)


def _expressions(annotation: str) -> list[str]:
    try:
        listed = json.loads(annotation)
    except ValueError:
        listed = None
    found = [str(item) for item in listed] if isinstance(listed, list) else [annotation]
    if not found:
        message = "pulumi.com/waitFor: the list is empty; give at least one expression"
        raise ProviderError(message)
    return found


def _holds(expression: str, document: KubeObject) -> bool:
    kind, _, rest = expression.partition("=")
    if kind == "condition" and rest:
        name, _, wanted = rest.partition("=")
        return str(condition(document, name).get("status", "")).lower() == (wanted or "True").lower()
    found = _JSONPATH.fullmatch(expression)
    if not found:
        forms = "condition=TYPE[=STATUS] nor jsonpath={.key[0].key}[=VALUE]"
        message = f"pulumi.com/waitFor: {expression!r} is neither {forms}"
        raise ProviderError(message)
    value = _at(document, parse_path(found["path"].removeprefix(".")))
    return value is not None if found["value"] is None else _text(value) == found["value"].strip("'\"")


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
