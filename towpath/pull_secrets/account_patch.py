"""What to change on one ServiceAccount, as a JSON patch (RFC 6902) of what was read. Pure.

An annotation beside the entry says that it is ours: a run may be killed before it could write that down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Patch: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """The entry of a stack."""

    secret: str
    """Name of the pull secret."""
    owner: str
    """What the stack's objects are labelled with."""

    @property
    def annotation(self) -> str:
        """The key under which the secret's name stands again."""
        return f"towpath/{self.owner}"


def addition(found: Mapping[str, Any], entry: Entry) -> tuple[Patch, bool]:
    """Return what to patch so that the entry is there, and whether it is ours then."""
    entries = found.get("imagePullSecrets") or []
    annotations = found["metadata"].get("annotations") or {}
    if {"name": entry.secret} in entries:
        return [], annotations.get(entry.annotation) == entry.secret
    place, value = ("/imagePullSecrets/-", {"name": entry.secret}) if entries else ("/imagePullSecrets", None)
    mark: dict[str, Any] = {"op": "add", "path": _annotation(entry), "value": entry.secret}
    if not annotations:
        mark = {"op": "add", "path": "/metadata/annotations", "value": {entry.annotation: entry.secret}}
    return [{"op": "add", "path": place, "value": value or [{"name": entry.secret}]}, mark], True


def removal(found: Mapping[str, Any], entry: Entry) -> tuple[Patch, bool]:
    """Return what to patch so that neither entry nor annotation is there; what is empty then goes whole."""
    entries = found.get("imagePullSecrets") or []
    annotations = found["metadata"].get("annotations") or {}
    patch: Patch = []
    if {"name": entry.secret} in entries:
        index = entries.index({"name": entry.secret})
        whole = len(entries) == 1
        patch.append({"op": "remove", "path": "/imagePullSecrets" if whole else f"/imagePullSecrets/{index}"})
    if annotations.get(entry.annotation) == entry.secret:
        whole = len(annotations) == 1
        patch.append({"op": "remove", "path": "/metadata/annotations" if whole else _annotation(entry)})
    return patch, False


def _annotation(entry: Entry) -> str:
    """Write the annotation's place as a JSON pointer (RFC 6901)."""
    return f"/metadata/annotations/{entry.annotation.replace('~', '~0').replace('/', '~1')}"
