"""What new inputs change about an object, and whether it can be changed in place.

The live object as the state has it, cut to the shape of the inputs it was made from, is compared with the new inputs:
drift that a refresh found counts like a change of the program. No server is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from engine.plugins.changes import Change, Diff, Kind, compare
from engine.plugins.kubernetes.annotations import AUTONAMED, is_true
from engine.plugins.kubernetes.documents import name_in, namespace_in, nested, set_metadata, to_properties
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.paths import WILDCARD, Path, contains, parse_path
from engine.plugins.values import Unknown


def diff_objects(
    old: KubeObject, new: KubeObject, immutable: Sequence[Path], ignored: Iterable[str], live: KubeObject
) -> Diff:
    """Compare.

    Args:
        old: the live object, pruned.
        new: the new inputs.
        immutable: paths a change of which needs a replacement.
        ignored: paths of the user's `ignoreChanges`.
        live: the whole live object, as the state has it.

    """
    ignored_paths = [parse_path(path) for path in ignored]
    found = compare(to_properties(old), to_properties(new))
    changes = {
        text: _judged(parse_path(text), change, new, immutable)
        for text, change in found.changes.items()
        if not any(contains(path, parse_path(text)) for path in ignored_paths)
    }
    replaces = any(change.replaces for change in changes.values())
    return Diff(changes, delete_before_replace=replaces and _keeps_its_name(new, live))


def with_same_scope(old: KubeObject, new: KubeObject, *, namespaced: bool) -> tuple[KubeObject, KubeObject]:
    """Return copies in which a namespace that is not given is ``default``, or none where there are none."""
    copies = {**old, "metadata": dict(old.get("metadata") or {})}, dict(new)
    if isinstance(new.get("metadata"), dict):
        copies[1]["metadata"] = dict(new["metadata"])
    for document in copies:
        if not isinstance(nested(document, "metadata", "namespace"), Unknown):
            set_metadata(document, "namespace", (namespace_in(document) or "default") if namespaced else "")
    return copies


def _judged(path: Path, change: Change, new: KubeObject, immutable: Sequence[Path]) -> Change:
    value = _at(new, path)
    replaces = any(_touches(path, value, pattern) for pattern in immutable)
    whole_metadata_gone = path == ("metadata",) and change.kind is Kind.DELETE
    return Change(change.kind, replaces=replaces or whole_metadata_gone, of_input=change.kind is Kind.DELETE)


def _touches(path: Path, value: Any, pattern: Path) -> bool:  # noqa: ANN401
    """Tell whether a change of ``path`` to ``value`` reaches what ``pattern`` names: at it, below it, or around it."""
    if contains(pattern, path):
        return True
    return contains(pattern[: len(path)], path) and _has(value, pattern[len(path) :])


def _has(value: Any, pattern: Path) -> bool:  # noqa: ANN401
    if not pattern:
        return True
    if isinstance(value, list):
        rest = pattern[1:] if pattern[0] == WILDCARD else pattern
        return any(_has(item, rest) for item in value)
    return isinstance(value, dict) and pattern[0] in value and _has(value[pattern[0]], pattern[1:])


def _at(document: Any, path: Path) -> Any:  # noqa: ANN401
    for step in path:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def _keeps_its_name(new: KubeObject, live: KubeObject) -> bool:
    """Tell whether the replacement has the very name of what it replaces, which so has to go first."""
    return (
        not is_true(new, AUTONAMED)
        and bool(name_in(new))
        and name_in(new) == name_in(live)
        and namespace_in(new) == namespace_in(live)
    )
