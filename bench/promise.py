"""A goal that is no ratio: a number that is promised whatever others need, such as pulls that fail."""

from dataclasses import dataclass

from bench.harness import verdict


@dataclass(frozen=True)
class Promise:
    """What was found of it stands in a result as it stands here."""

    what: str
    goal: float
    """The highest number that we want."""
    found: float

    @property
    def verdict(self) -> str:
        """Say whether it is kept."""
        return verdict(self.found, self.goal)

    def __str__(self) -> str:
        """Say all of it."""
        return f"Promised: {self.what}, {self.verdict}; {self.found:g} found."
