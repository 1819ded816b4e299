"""What a diff finds, and the comparison of two sets of properties that most types need.

Paths of properties are the engine's: ``keepers.owner``, ``dnsNames[0]``, ``keepers["a.b"]``.
"""

import enum
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.plugins.values import Properties, Secret, Value

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_QUOTED_KEY = re.compile(r'\["((?:[^"\\]|\\.)*)"\]', re.DOTALL)


class Kind(enum.Enum):
    """How a property differs."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Change:
    """One property that differs.

    Attributes:
        kind: added, deleted or updated.
        replaces: whether the resource has to be made anew because of it.
        of_input: whether old and new inputs differ; otherwise the old state and the new inputs do.

    """

    kind: Kind
    replaces: bool = False
    of_input: bool = True


@dataclass(frozen=True, slots=True)
class Diff:
    """What an update would change; without changes, nothing is done.

    Attributes:
        changes: path of a property to how it differs.
        delete_before_replace: whether the old resource has to go before the new one can be made.

    """

    changes: Mapping[str, Change] = field(default_factory=dict)
    delete_before_replace: bool = False

    @property
    def replaces(self) -> list[str]:
        """The top-level properties that make a replacement necessary, sorted."""
        return sorted({_top_level(path) for path, change in self.changes.items() if change.replaces})

    @property
    def changed(self) -> list[str]:
        """The top-level properties that differ, sorted."""
        return sorted({_top_level(path) for path in self.changes})


def compare(old: Properties, new: Properties, *, replace_on: Collection[str] = (), of_input: bool = True) -> Diff:
    """Compare property by property, ignoring whether a value is marked secret.

    ``None`` is the same as an absent property. A new value that is unknown differs from any known one. ``replace_on``
    holds the top-level properties a change of which needs a replacement.
    """
    changes = {
        path: Change(kind, replaces=_top_level(path) in replace_on, of_input=of_input)
        for key in sorted(old.keys() | new.keys())
        for path, kind in _walk(_join("", key), old.get(key), new.get(key))
    }
    return Diff(changes)


def _walk(path: str, old: Value, new: Value) -> Iterator[tuple[str, Kind]]:
    old, new = _bare(old), _bare(new)
    if old == new:
        return
    if old is None:
        yield path, Kind.ADD
    elif new is None:
        yield path, Kind.DELETE
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(_join(path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _walk(
                f"{path}[{index}]",
                old[index] if index < len(old) else None,
                new[index] if index < len(new) else None,
            )
    else:
        yield path, Kind.UPDATE


def _bare(value: Value) -> Value:
    while isinstance(value, Secret):
        value = value.value
    return value


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{key}" if path else key


def _top_level(path: str) -> str:
    quoted = _QUOTED_KEY.match(path)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    return re.split(r"[.\[]", path, maxsplit=1)[0]
