"""What the applier answers: a result document.

    towpath-result 1
    status unchanged|changed|rolled-back|failed|checked|discovered
    KIND NAME OUTCOME REASON…

It holds no secrets: what is quoted of other programs' output is masked.
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from towpath.applier.errors import ResultError

Status = Literal["unchanged", "changed", "rolled-back", "failed", "checked", "discovered"]
_HEAD = "towpath-result 1"


@dataclass(frozen=True)
class Step:
    """One thing that was done, left or found. `what` is file, service, container, command, run or the like."""

    what: str
    name: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """The outcome of a run on one machine."""

    status: Status
    steps: tuple[Step, ...] = ()

    def of(self, what: str) -> tuple[Step, ...]:
        """Return the steps of one kind, in order."""
        return tuple(step for step in self.steps if step.what == what)


def parse_result(text: str) -> Result:
    """Read a result document. No text at all is `unchanged`: the machine had nothing to put back or to check.

    Raises ResultError.
    """
    if not text.strip():
        return Result("unchanged")
    lines = text.splitlines()
    while lines and lines[0] != _HEAD:
        del lines[0]
    status = lines[1].removeprefix("status ") if len(lines) > 1 else ""
    if status not in get_args(Status):
        raise ResultError("the machine's answer is no result of the applier; look at what its login shell prints")
    return Result(cast("Status", status), tuple(_step(line) for line in lines[2:]))


def _step(line: str) -> Step:
    what, _, rest = line.partition(" ")
    name, _, rest = rest.partition(" ")
    outcome, _, reason = rest.partition(" ")
    return Step(what, name, outcome, reason.strip())
