"""The table of all goals: ratios, and promises that are no ratio."""

from typing import Any

import pytest

from bench.promise import Promise
from bench.summary import table

WHERE = {"processors": 2, "processor": "any", "kernel": "6", "towpath": "abc", "load_before": 0.1}
PROMISED = "failed pulls during a collection"


def result(name: str, **more: Any) -> dict[str, Any]:
    measured = {"towpath": 2.0, "peers": {"plain": 4.0}, "goal": {"plain": 1}, "variants": {}, "rounds": 3}
    return {"comparison": name, "conditions": WHERE, **measured, **more}


@pytest.mark.parametrize(("found", "said", "met"), [(0, "≤ 0: met | 0", 2), (3, "≤ 0: missed | 3", 1)])
def test_a_promise_is_listed_below_the_ratios_and_counted_with_them(found: int, said: str, met: int) -> None:
    lines = table([result("shared", promises=[{"what": PROMISED, "goal": 0, "found": found}])]).splitlines()

    ratio = lines.index("| [shared](shared.md) | 0.50 | ≤ 1: met | plain | 2.00 s | 4.00 s |")
    assert lines.index(f"| [shared](shared.md) | {PROMISED} | {said} |") > ratio
    assert f"Goals met: {met} of 2." in lines


def test_without_a_promise_there_is_no_table_of_them() -> None:
    text = table([result("nodes"), result("engine", goal={})])

    assert "promised" not in text
    assert "Goals met: 1 of 1." in text


def test_a_promise_says_what_it_is_and_whether_it_was_kept() -> None:
    assert str(Promise(PROMISED, 0, 0)) == f"Promised: {PROMISED}, ≤ 0: met; 0 found."
    assert str(Promise(PROMISED, 0, 2)) == f"Promised: {PROMISED}, ≤ 0: missed; 2 found."


def test_what_the_machine_allows_stands_apart_with_its_rate_and_how_near_we_are() -> None:
    floors = {"plain": {"what": "requests", "a_second": 1020.4}}
    lines = table([result("listing", goal={}, floors=floors)]).splitlines()

    assert "| [listing](listing.md) | plain: 1,020 requests a second | 0.50 |" in lines
    assert "limit" not in table([result("nodes")])


@pytest.mark.parametrize(
    ("least", "allowed", "said"),
    [
        ({"of": "raw", "engine": True}, 0.5, "| 1.50 s | 2.00 s | 1.60 s | out of reach |"),
        ({"of": "raw", "engine": False}, 0.5, "| 1.50 s | 2.00 s | 1.10 s |  |"),
        ({"of": None, "engine": True}, 0.1, "| 0.30 s | 2.00 s | 0.50 s | out of reach |"),
    ],
)
def test_a_missed_goal_stands_beside_the_least_that_a_run_takes(
    least: dict[str, Any], allowed: float, said: str
) -> None:
    engine = result("engine-up", goal={}, peers={"empty": 0.5})
    missed = result("nodes", peers={"raw": 1.1, "plain": 3.0}, goal={"plain": allowed}, least=least)

    assert f"| [nodes](nodes.md) | plain {said}" in table([engine, missed]).splitlines()


def test_a_goal_that_is_met_or_whose_least_is_not_known_is_not_among_the_missed() -> None:
    met = result("met", least={"of": "plain", "engine": False})
    unknown = result("unknown", goal={"plain": 0.1})
    without_engine = result("alone", goal={"plain": 0.1}, least={"of": "plain", "engine": True})

    assert "the least" not in table([met, unknown, without_engine])
