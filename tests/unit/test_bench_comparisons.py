"""The comparisons that `make bench` knows."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.__main__ import COMPARISONS

PAGE = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_comparison_can_be_run_and_is_offered_by_the_page(name: str) -> None:
    assert find_spec(f"bench.{name.replace('-', '_')}.__main__")
    (offered,) = [line for line in PAGE.read_text().splitlines() if line.startswith("make bench ONLY=")]
    assert name in offered.partition(": ")[2].split(", ")
