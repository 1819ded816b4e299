"""What new inputs change, as the official plugin sees it.

The old inputs are read from the state's outputs, which hold every input. Assets and archives are the same if their
hashes are: a checkout that moved is no change. A value that is only now marked secret is a change, or the old outputs
would keep it in plain text.
"""

from engine.plugins.changes import Change, Diff, Kind, compare
from engine.plugins.command.inputs import Object
from engine.plugins.resource import Prior
from engine.plugins.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    SIGNATURE_KEY,
    Properties,
    Secret,
    Value,
    has_secret,
)

REPLACE_ON = frozenset({"triggers"})


def find(known: Object, prior: Prior, inputs: Properties) -> Diff:
    """Compare a resource's state with its new inputs: `triggers` replace, anything else updates."""
    old = {key: value for key, value in prior.state.items() if key in known.properties}
    found = compare(_comparable(old), _comparable(inputs), replace_on=REPLACE_ON)
    newly_secret = {
        key: Change(Kind.UPDATE)
        for key, value in inputs.items()
        if key not in found.changed and key in old and has_secret(value) and not has_secret(old[key])
    }
    return Diff({**found.changes, **newly_secret})


def same_content(old: Value, new: Value) -> bool:
    """Whether two assets or archives have the same content, as far as their hashes tell."""
    return not compare({"source": _by_content(old)}, {"source": _by_content(new)}).changes


def _comparable(properties: Properties) -> Properties:
    return {key: _by_content(value) for key, value in properties.items()}


def _by_content(value: Value) -> Value:
    if isinstance(value, Secret):
        return Secret(_by_content(value.value))
    if isinstance(value, list):
        return [_by_content(item) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) in {ASSET_SIGNATURE, ARCHIVE_SIGNATURE} and value.get("hash"):
            return f"{value[SIGNATURE_KEY]} {value['hash']}"
        return {key: _by_content(item) for key, item in value.items()}
    return value
