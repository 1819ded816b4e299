"""One thing that grows, what was measured of it so far, and the power laws that fit."""

import json
import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.harness import machine, results_folder
from bench.plots import Curve, growth

Measured = Mapping[str, float]
"""Measure → value, e.g. `{"up, seconds": 3.2}`."""
Measure = Callable[[int], Measured]
_UPPER_POINTS = 3
"""Points that a power law is fitted to, from the largest on: fixed costs hide it in small ones."""


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
                    if max(value for name, value in points[str(size)].items() if "second" in name) > (
                        self.seconds_at_most
                    ):
                        sys.stderr.write(f"  larger sizes would take too long: {self.name} ends here\n")
                        break
        self.report(points)

    def report(self, points: Mapping[str, Measured]) -> None:
        """Write the table and the plots, one for each unit."""
        curves = [self._curve(name, points) for name in next(iter(points.values()))]
        sizes = sorted(map(int, points))
        lines = [f"# {self.title}", "", f"| {self.across} | {' | '.join(curve.label for curve in curves)} |"]
        lines.append("|---" * (len(curves) + 1) + "|")
        lines += [f"| {size} | {' | '.join(f'{curve.points[size]:g}' for curve in curves)} |" for size in sizes]
        exponents = ["" if curve.exponent is None else f"{curve.exponent:.2f}" for curve in curves]
        lines += [f"| exponent | {' | '.join(exponents)} |", ""]
        lines.append(f"An exponent of 1 is linear; it is fitted to the largest {_UPPER_POINTS} sizes.")
        for unit in sorted({_unit(curve.label) for curve in curves}):
            name = f"{self.name}-{unit}"
            drawn = [curve for curve in curves if _unit(curve.label) == unit]
            growth(self.path.with_name(f"{name}.svg"), self.title, self.across, unit, drawn)
            lines.append(f"\n![{self.title}, {unit}]({name}.svg)")
        self.path.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _curve(self, name: str, points: Mapping[str, Measured]) -> Curve:
        found = {size: points[str(size)][name] for size in sorted(map(int, points))}
        exponent, factor = fit(found)
        return Curve(name, found, exponent, factor)


def fit(points: Mapping[int, float]) -> tuple[float | None, float | None]:
    """Fit `factor * size ** exponent` to the largest sizes, on logarithms; None where there are too few."""
    largest = sorted((size, value) for size, value in points.items() if value > 0)[-_UPPER_POINTS:]
    if len(largest) < _UPPER_POINTS:
        return None, None
    across, up = ([math.log(each) for each in axis] for axis in zip(*largest, strict=True))
    slope, intercept = statistics.linear_regression(across, up)
    return slope, math.exp(intercept)


def _unit(label: str) -> str:
    return label.rsplit(", ", 1)[-1]
