"""How growth is measured: resumed where it stopped, fitted by a power law, and reckoned only where it says so."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import harness
from bench.growth.dimension import Dimension, Measure
from bench.growth.power_law import PowerLaw, fit
from bench.growth.report import curves, shown, table


@given(factor=st.floats(0.001, 1000), exponent=st.floats(0.2, 3))
def test_a_power_law_is_found_again(factor: float, exponent: float) -> None:
    law = PowerLaw(0, factor, exponent)

    found = fit({size: law.at(size) for size in (1, 10, 100, 1000)})

    assert found
    assert found.exponent == pytest.approx(exponent, abs=1e-6)
    assert found.at(10_000) == pytest.approx(law.at(10_000), rel=1e-6)


@given(fixed=st.floats(1, 1000), exponent=st.floats(0.8, 2))
def test_a_cost_that_every_size_has_does_not_hide_how_the_rest_grows(fixed: float, exponent: float) -> None:
    law = PowerLaw(fixed, 1, exponent)

    found = fit({size: law.at(size) for size in (10, 50, 200, 1000, 5000)})

    assert found
    assert found.exponent == pytest.approx(exponent, abs=0.05)
    assert found.at(50_000) == pytest.approx(law.at(50_000), rel=0.2)


@pytest.mark.parametrize("points", [{}, {1: 1.0, 2: 2.0}, {1: 0.0, 2: 2.0, 3: 3.0}])
def test_nothing_is_fitted_to_too_few_points(points: Mapping[int, float]) -> None:
    assert fit(points) is None


def test_a_table_has_sizes_exponents_and_what_is_reckoned_as_such() -> None:
    points = {size: {"up, seconds": size / 10, "step, seconds": size / 10} for size in (1, 10, 100)}
    points |= {1000: {"up, seconds": 100.0}}  # the other is told by too small sizes to be reckoned

    lines = table("nodes", curves(points), (10_000, 1_000_000)).splitlines()

    assert lines[0] == "| nodes | up, seconds | step, seconds |"
    assert "| 10 | 1 | 1 |" in lines
    assert "| 1,000 | 100 |  |" in lines
    assert "| exponent | 1.00 | 1.00 |" in lines
    assert "| 10,000, reckoned | 17 min |  |" in lines
    assert "| 1,000,000, reckoned | 28 h |  |" in lines
    assert lines[-1] == "What is reckoned was not tried."


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (100, "seconds", "100"),
        (179, "seconds", "180"),
        (181, "seconds", "3 min"),
        (3 * 3600, "seconds", "3 h"),
        (123_456, "MB", "120,000"),
    ],
)
def test_what_is_reckoned_is_written_roughly(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


class Growing:
    """A dimension whose sizes take as many seconds as they are large."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.measured: list[int] = []
        self.stop_at = stop_at

    @contextmanager
    def opened(self) -> Iterator[Measure]:
        yield self.measure

    def measure(self, size: int) -> Mapping[str, float]:
        if size == self.stop_at:
            raise KeyboardInterrupt
        self.measured.append(size)
        return {"up, seconds": float(size), "state, MB": size / 10}

    def dimension(self) -> Dimension:
        return Dimension("things", "Things", "things", (10, 20), (1,), self.opened, (1000,), seconds_at_most=30)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(harness, "_FOLDER", tmp_path)
    monkeypatch.delenv("SHORT", raising=False)
    return tmp_path / "results" / "growth"


def test_a_run_that_was_stopped_goes_on_where_it_was(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Growing(stop_at=20).dimension().run((10, 20, 30))

    assert list(json.loads((folder / "things.json").read_text())["points"]) == ["10"]

    again = Growing()
    again.dimension().run((10, 20, 30))

    assert again.measured == [20, 30]
    text = (folder / "things.md").read_text()
    assert "| 1,000, reckoned | 17 min | 100 |" in text
    assert {path.name for path in folder.glob("*.svg")} == {"things-seconds.svg", "things-MB.svg"}


def test_a_size_that_takes_too_long_is_the_last(folder: Path) -> None:
    growing = Growing()

    growing.dimension().run((10, 31, 40))

    assert growing.measured == [10, 31]
    assert "reckoned" in (folder / "things.md").read_text()
