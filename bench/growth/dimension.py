"""One thing that grows, and what was measured of it so far."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.growth.report import Measured, curves, plots, table
from bench.harness import machine, results_folder

Measure = Callable[[int], Measured]


@dataclass(frozen=True)
class Dimension:
    """What grows, and who measures it at one size."""

    name: str
    title: str
    across: str
    sizes: Sequence[int]
    short_sizes: Sequence[int]
    opened: Callable[[], AbstractContextManager[Measure]]
    """Starts what is needed, and gives what measures one size; sizes come in rising order."""
    beyond: Sequence[int] = ()
    """Sizes that are reckoned from what was measured."""
    seconds_at_most: float = 900
    """A size that takes longer is the last."""

    @property
    def path(self) -> Path:
        """The file of what was measured so far."""
        folder = results_folder() / "growth"
        folder.mkdir(exist_ok=True)
        return folder / f"{self.name}.json"

    def run(self, sizes: Sequence[int]) -> None:
        """Measure the sizes that are not yet measured, and write each down at once."""
        held: dict[str, Any] = {"dimension": self.name, "conditions": {}, "points": {}}
        if self.path.exists():
            held = json.loads(self.path.read_text(encoding="utf-8"))
        points: dict[str, Measured] = held["points"]
        if missing := [size for size in sizes if str(size) not in points]:
            with self.opened() as measure:
                for size in missing:
                    held["conditions"][str(size)] = machine()
                    points[str(size)] = {name: round(value, 3) for name, value in measure(size).items()}
                    sys.stderr.write(f"  {size} {self.across}: {points[str(size)]}\n")
                    self.path.write_text(json.dumps(held, indent=2) + "\n", encoding="utf-8")
                    if _longest(points[str(size)]) > self.seconds_at_most:
                        sys.stderr.write(f"  larger sizes would take too long: {self.name} ends here\n")
                        break
        self.report({int(size): measured for size, measured in points.items()})

    def report(self, points: Mapping[int, Measured]) -> None:
        """Write the table and the plots."""
        drawn = curves(points)
        beyond = [size for size in self.beyond if size > max(points)]
        shown = plots(self.path.parent, self.name, self.title, self.across, drawn)
        text = "\n".join([f"# {self.title}\n", table(self.across, drawn, beyond), *shown])
        self.path.with_suffix(".md").write_text(f"{text}\n", encoding="utf-8")


def _longest(measured: Measured) -> float:
    return max(value for name, value in measured.items() if name.endswith("seconds"))
