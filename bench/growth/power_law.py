"""The power law behind measured points: how a cost grows, and what it would be at a size that was not tried."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

POINTS = 3
"""How many points a power law is fitted to, from the largest on: fixed costs hide it in small ones."""


@dataclass(frozen=True)
class PowerLaw:
    """`factor * size ** exponent`; an exponent of 1 is linear."""

    factor: float
    exponent: float

    def at(self, size: int) -> float:
        """Return what a size would cost."""
        return float(self.factor * size**self.exponent)


def fit(points: Mapping[int, float]) -> PowerLaw | None:
    """Fit to the largest sizes by least squares on logarithms; None where there are too few above nothing."""
    largest = sorted((size, value) for size, value in points.items() if value > 0)[-POINTS:]
    if len(largest) < POINTS:
        return None
    across, up = ([math.log(each) for each in axis] for axis in zip(*largest, strict=True))
    slope, intercept = statistics.linear_regression(across, up)
    return PowerLaw(math.exp(intercept), slope)
