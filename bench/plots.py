"""Plots as small SVG files, the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

from bench.growth.power_law import PowerLaw

mpl.use("svg")
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "towpath", "font.size": 9, "font.family": "sans-serif"})

from matplotlib import pyplot as plt  # noqa: E402 the backend is chosen before
from matplotlib.figure import Figure  # noqa: E402

_OURS, _OTHERS = "#1f6f8b", "#b8b8b8"
_WIDTH_INCHES, _BAR_INCHES, _MARGIN_INCHES = 7.0, 0.32, 1.1
_LOG_FROM_RATIO = 20


@dataclass(frozen=True)
class Bar:
    """A median in seconds with its spread."""

    name: str
    seconds: float
    low: float
    high: float
    ours: bool


@dataclass(frozen=True)
class Curve:
    """Measured points, and the power law that was fitted to them."""

    label: str
    points: Mapping[int, float]
    law: PowerLaw | None = None


def bars(path: Path, title: str, drawn: Sequence[Bar]) -> None:
    """Draw medians with their spread, the quickest on top."""
    ordered = sorted(drawn, key=lambda bar: -bar.seconds)
    figure, axes = plt.subplots(figsize=(_WIDTH_INCHES, _MARGIN_INCHES + _BAR_INCHES * len(ordered)))
    seconds = [bar.seconds for bar in ordered]
    around = [[bar.seconds - bar.low for bar in ordered], [bar.high - bar.seconds for bar in ordered]]
    colours = [_OURS if bar.ours else _OTHERS for bar in ordered]
    drawn_bars = axes.barh([bar.name for bar in ordered], seconds, xerr=around, color=colours, ecolor="#444444")
    axes.bar_label(drawn_bars, [f"{value:.2f} s" for value in seconds], padding=6)
    if max(seconds) > _LOG_FROM_RATIO * min(seconds):
        axes.set_xscale("log")
    axes.set_title(title, loc="left")
    axes.set_xlabel("seconds")
    axes.margins(x=0.15)
    _save(figure, path)


def growth(path: Path, title: str, across: str, unit: str, curves: Sequence[Curve]) -> None:
    """Draw points on two logarithmic axes with the fitted power laws as dashed lines."""
    figure, axes = plt.subplots(figsize=(_WIDTH_INCHES, 4.2))
    for curve in curves:
        sizes, values = list(curve.points), list(curve.points.values())
        said = curve.label if curve.law is None else f"{curve.label} (n^{curve.law.exponent:.2f})"
        [line] = axes.plot(sizes, values, marker="o", label=said)
        if curve.law is not None:
            fitted = [curve.law.at(size) for size in sizes]
            axes.plot(sizes, fitted, linestyle="--", linewidth=0.8, color=line.get_color())
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=unit)
    axes.set_title(title, loc="left")
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend(frameon=False)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    for side in ("top", "right"):
        figure.axes[0].spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
