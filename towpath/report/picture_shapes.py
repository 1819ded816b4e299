"""What a picture is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """What becomes of a box: its colour, and the word on it."""

    SAME = "stays"
    CHANGES = "changes"
    RESTARTS = "restarts"
    NEW = "new"
    GOES = "goes"
    REFUSED = "not served"


@dataclass(frozen=True)
class Box:
    """One thing of the stack. `group` stands over the first of several boxes that belong together."""

    title: str
    lines: Sequence[str]
    state: State
    group: str = ""


@dataclass(frozen=True)
class Lane:
    """Things of one kind. `leads`: what goes on to the next lane; `more`: how many boxes there was no room for."""

    title: str
    boxes: Sequence[Box] = field(default=())
    leads: str = ""
    more: int = 0
