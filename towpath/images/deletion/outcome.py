"""What came of the steps of a plan. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from towpath.images.deletion.step import Step


class Fate(StrEnum):
    """How a step ended. `FAILED`: it was tried; what was not tried after a failure has no fate."""

    DELETED = "deleted"
    UNTAGGED = "untagged"
    GONE = "gone"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(slots=True)
class Outcome:
    """What came of each step. `not_done`: failed, or not tried after a failure; `failures` says why."""

    deleted: list[Step] = field(default_factory=list)
    untagged: list[Step] = field(default_factory=list)
    gone: list[Step] = field(default_factory=list)
    skipped: list[tuple[Step, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    not_done: list[Step] = field(default_factory=list)


class Fates:
    """The fates of one repository's steps: learned in whatever order they end, told in that of the plan."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = tuple(steps)
        self._known: dict[Step, tuple[Fate, str]] = {}
        self._failure = ""

    def learn(self, step: Step, fate: Fate, why: str = "") -> None:
        """Take down how a step ended; `why` it was skipped, or failed."""
        self._known[step] = fate, why

    def fail(self, why: str) -> None:
        """Take down why steps without a fate are not done, where that is the failure of none of them."""
        self._failure = why

    def of(self, step: Step) -> Fate | None:
        """Return how a step ended, if it has."""
        return self._known.get(step, (None, ""))[0]

    def tell(self, outcome: Outcome) -> None:
        """Enter every step into the outcome."""
        plain = {Fate.DELETED: outcome.deleted, Fate.UNTAGGED: outcome.untagged, Fate.GONE: outcome.gone}
        outcome.failures += [self._failure] if self._failure else []
        for step in self._steps:
            fate, why = self._known.get(step, (None, ""))
            if fate in plain:
                plain[fate].append(step)
            elif fate is Fate.SKIPPED:
                outcome.skipped.append((step, why))
            else:
                outcome.not_done.append(step)
                outcome.failures += [why] if fate else []
