"""What a check comes to."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check went. `skipped`: it could not be made, and the reason is the finding."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table, without its place. `way_out` is one line, and empty where nothing is to be done."""

    check: str
    state: State
    found: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with the node it is about; `here` is the machine that asks."""

    node: str
    finding: Finding


HERE = "here"


def ok(check: str, found: str) -> Finding:
    """Say that all is well."""
    return Finding(check, State.OK, found)


def warn(check: str, found: str, way_out: str) -> Finding:
    """Say that it works, but not for long, or not as meant."""
    return Finding(check, State.WARN, found, way_out)


def fail(check: str, found: str, way_out: str) -> Finding:
    """Say that it does not work."""
    return Finding(check, State.FAIL, found, way_out)


def skipped(check: str, reason: str) -> Finding:
    """Say why it was not checked."""
    return Finding(check, State.SKIPPED, reason)
