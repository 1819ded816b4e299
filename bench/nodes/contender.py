"""What a contender can do, whoever it is."""

from typing import Protocol

from bench.nodes.fleet import Fleet


class Contender(Protocol):
    """Sets nodes up. `first` and `unchanged` are timed; what comes before and after is not."""

    name: str

    def prepare(self, fleet: Fleet) -> None:
        """Get ready for these nodes, without touching them."""

    def first(self) -> None:
        """Set nodes up that know nothing of it."""

    def unchanged(self) -> None:
        """Do the same again."""

    def undo(self) -> None:
        """Put the nodes back by the contender's own undo, or by the benchmark's where it has none."""
