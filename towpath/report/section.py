"""A report before it is Markdown or a page: sections of entries, most urgent first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


class Code(str):
    """A name, as the machine has it."""

    __slots__ = ()


Entry: TypeAlias = tuple[str, ...]
"""Pieces in order: prose, and names as `Code`."""


_NAME = re.compile(r"(`[^`\n]+`)")


@dataclass(frozen=True)
class Section:
    """Entries of one kind. `said` is always shown; `folded` hides the entries until they are asked for."""

    title: str
    entries: Sequence[Entry] = ()
    said: str = ""
    folded: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.entries and not self.said


@dataclass(frozen=True)
class Report:
    """All that is shown."""

    title: str
    summary: str
    """One line."""
    sections: Sequence[Section]
    verdict: str = ""
    """How the line begins: whether the preview failed, and what policies forbid; empty where all is well."""
    parts: Sequence[str] = ()
    """What follows in it, one thing each."""


def names(several: Sequence[str]) -> Entry:
    """Put commas between names."""
    pieces = [piece for name in several for piece in (", ", Code(name))]
    return tuple(pieces[1:])


def phrase(text: str) -> Entry:
    """Take what others wrote in backquotes for names, and all else for prose."""
    pieces = (Code(piece[1:-1]) if piece.startswith("`") and len(piece) > 1 else piece for piece in _NAME.split(text))
    return tuple(piece for piece in pieces if piece)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
