"""One resource's step in a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from towpath.report.secrecy import SECRET, UNKNOWN

CHANGES = frozenset({"create", "update", "replace", "delete", "read", "import"})
"""Steps that do something. A `replace` stands for the `create-replacement` and `delete-replaced` that come with it."""
DYNAMIC = "pulumi-python:dynamic/"


@dataclass(frozen=True)
class Step:
    """What happens to one resource. `old` is what the state has, `new` what the program wants; no secrets in either."""

    op: str
    urn: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    is_gone: bool = False
    """Whether nothing is left of it: after a delete, or because a refresh did not find it."""

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]

    @property
    def chain(self) -> tuple[str, ...]:
        """Types of the components that it is in, the outermost first, and its own."""
        parts = self.urn.split("::", 3)
        return tuple(parts[2].split("$")) if len(parts) > 2 else ()  # noqa: PLR2004 urn:pulumi:STACK, PROJECT, TYPES

    @property
    def type(self) -> str:
        """The resource's type."""
        return self.chain[-1] if self.chain else ""

    @property
    def kind(self) -> str:
        """The last part of the type: `NodeState`."""
        return self.type.rpartition(":")[2]

    @property
    def is_change(self) -> bool:
        """Whether it does anything."""
        return self.op in CHANGES

    def is_of(self, module: str, name: str) -> bool:
        """Whether it is of that dynamic resource."""
        return self.type == f"{DYNAMIC}{module}:{name}"

    def is_in(self, component: str) -> bool:
        """Whether it is anywhere in a component of that name."""
        return f"towpath:index:{component}" in self.chain

    def before(self, key: str) -> Mapping[str, Any]:
        """Return a map of the state; empty where there is none."""
        return _map(self.old.get(key))

    def after(self, key: str) -> Mapping[str, Any]:
        """Return a map of what is wanted; empty after a delete, and where it is secret or not known yet."""
        return {} if self.op == "delete" else _map(self.new.get(key))

    def said(self, key: str) -> str:
        """Return a text of what is wanted, or else of the state; empty where neither has it."""
        return word(self.new.get(key)) or word(self.old.get(key))

    def differing(self, key: str) -> list[str]:
        """List the entries of a map that are new or others, by name."""
        before = self.before(key)
        return sorted(name for name, value in self.after(key).items() if before.get(name) != value)


def word(value: Any) -> str:  # noqa: ANN401 JSON
    """Return a value as a word for people; nothing of what is no plain value."""
    if value == UNKNOWN:
        return "not known yet"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int | float) else ""


def is_known(value: Any) -> bool:  # noqa: ANN401 JSON
    """Whether a value can be compared."""
    return value not in (SECRET, UNKNOWN)


def _map(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 JSON
    return value if isinstance(value, dict) else {}
