"""What was measured of a dimension, as a table with the fitted exponents, and as plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.growth.power_law import fit
from bench.plots import Curve, growth

Measured = Mapping[str, float]
"""Measure → value; a measure ends in its unit, e.g. `{"up, seconds": 3.2}`."""
_MINUTE_SECONDS, _HOUR_SECONDS = 60, 3600
_LONG_FROM = 3
"""How many of a larger unit there must be for it to be used."""


def curves(points: Mapping[int, Measured]) -> list[Curve]:
    """Return a curve for each measure, with its power law; a measure may be missing at some sizes."""
    names = dict.fromkeys(name for measured in points.values() for name in measured)
    found = []
    for name in names:
        values = {size: points[size][name] for size in sorted(points) if name in points[size]}
        found.append(Curve(name, values, fit(values)))
    return found


def table(across: str, drawn: Sequence[Curve], beyond: Sequence[int] = ()) -> str:
    """Return a Markdown table: a line a size, the exponents, and what larger sizes would come to."""
    lines = [f"| {across} | {' | '.join(curve.label for curve in drawn)} |", "|---" * (len(drawn) + 1) + "|"]
    for size in sorted({size for curve in drawn for size in curve.points}):
        values = [f"{curve.points[size]:g}" if size in curve.points else "" for curve in drawn]
        lines.append(f"| {size:,} | {' | '.join(values)} |")
    lines.append(f"| exponent | {' | '.join(f'{c.law.exponent:.2f}' if c.law else '' for c in drawn)} |")
    largest = max(size for curve in drawn for size in curve.points)
    for size in beyond:
        # What was not measured at the largest size grows too fast to be told from small ones.
        whole = [curve.law if max(curve.points) == largest else None for curve in drawn]
        values = [
            shown(law.at(size), unit(curve.label)) if law else "" for curve, law in zip(drawn, whole, strict=True)
        ]
        lines.append(f"| {size:,}, reckoned | {' | '.join(values)} |")
    said = "An exponent of 1 is linear; a cost that every size has is fitted beside it, and is not part of it."
    return "\n".join([*lines, "", said, *(["What is reckoned was not tried."] if beyond else [])]) + "\n"


def plots(folder: Path, name: str, title: str, across: str, drawn: Sequence[Curve]) -> list[str]:
    """Draw a plot for each unit, and return the Markdown that shows them."""
    shown_plots = []
    for each in sorted({unit(curve.label) for curve in drawn}):
        file = f"{name}-{each}.svg"
        growth(folder / file, title, across, each, [curve for curve in drawn if unit(curve.label) == each])
        shown_plots.append(f"![{title}, {each}]({file})")
    return shown_plots


def unit(label: str) -> str:
    """Return a measure's unit."""
    return label.rsplit(", ", 1)[-1]


def shown(value: float, in_unit: str) -> str:
    """Write a reckoned value as what it is: a rough one, long times in minutes or hours."""
    if in_unit == "seconds" and value >= _LONG_FROM * _HOUR_SECONDS:
        return f"{value / _HOUR_SECONDS:.2g} h"
    if in_unit == "seconds" and value >= _LONG_FROM * _MINUTE_SECONDS:
        return f"{value / _MINUTE_SECONDS:.2g} min"
    return f"{float(f'{value:.2g}'):,g}"
