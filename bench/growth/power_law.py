"""The power law behind measured points: how a cost grows, and what it would be at a size that was not tried."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

_POINTS = 3
"""A law takes this many points; for a fixed cost beside it, one more."""
_STEPS = 400


@dataclass(frozen=True)
class PowerLaw:
    """`fixed + factor * size ** exponent`: what any size costs, and what grows; an exponent of 1 is linear."""

    fixed: float
    factor: float
    exponent: float

    def at(self, size: int) -> float:
        """Return what a size would cost."""
        return float(self.fixed + self.factor * size**self.exponent)


def fit(points: Mapping[int, float]) -> PowerLaw | None:
    """Return the law whose values are nearest to the points, as ratios; None where there are too few above nothing.

    The fixed cost is tried in steps below the lowest point; with each, the rest is fitted by least squares on
    logarithms. Without it, the cost of starting would hide how the rest grows.
    """
    measured = {size: value for size, value in points.items() if value > 0}
    if len(measured) < _POINTS:
        return None
    lowest, steps = min(measured.values()), _STEPS if len(measured) > _POINTS else 1
    laws = [_fitted(measured, lowest * step / steps) for step in range(steps)]
    return min(laws, key=lambda law: _distance(law, measured))


def _fitted(points: Mapping[int, float], fixed: float) -> PowerLaw:
    across = [math.log(size) for size in points]
    up = [math.log(value - fixed) for value in points.values()]
    slope, intercept = statistics.linear_regression(across, up)
    return PowerLaw(fixed, math.exp(intercept), slope)


def _distance(law: PowerLaw, points: Mapping[int, float]) -> float:
    return sum(math.log(law.at(size) / value) ** 2 for size, value in points.items())
