"""The benchmarks' own sums: medians, spread, whose ratio is judged, and turns."""

import json
from pathlib import Path

import pytest

from bench import harness
from bench.harness import Comparison, Times, timed, turns

TIMES: Times = {"towpath": [3.0, 1.0, 2.0], "applier": [1.0], "ansible": [10.0, 30.0, 20.0], "pyinfra": [2.5]}
COMPARISON = Comparison("nodes", "Nodes", {"ansible": 0.2, "pyinfra": 0.5, "absent": 1}, frozenset({"applier"}))


def test_a_result_has_medians_and_towpaths_other_ways_are_no_peers() -> None:
    result = COMPARISON.result(TIMES)

    assert (result["towpath"], result["peers"]) == (2.0, {"ansible": 20.0, "pyinfra": 2.5})
    assert result["variants"] == {"applier": 1.0}
    assert result["spread"]["ansible"] == [10.0, 30.0]
    assert result["rounds"] == 3


def test_goals_stand_only_for_peers_that_were_measured() -> None:
    assert COMPARISON.result(TIMES)["goal"] == {"ansible": 0.2, "pyinfra": 0.5}


def test_a_table_has_the_ratio_first_and_says_where_we_lose() -> None:
    lines = COMPARISON.table(COMPARISON.result(TIMES), "1 node").splitlines()

    assert "| 0.10 | ≤ 0.2: met | ansible | 20.00 s | 10.00 to 30.00 s |" in lines
    assert "| 0.80 | ≤ 0.5: missed | pyinfra | 2.50 s | 2.50 to 2.50 s |" in lines
    assert "| 2.00 |  | applier | 1.00 s | 1.00 to 1.00 s |" in lines


def test_everybody_has_a_turn_each_round_and_another_one_begins() -> None:
    assert list(turns(["a", "b", "c"], 4)) == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_work_that_fails_has_no_time() -> None:
    times: Times = {}

    with pytest.raises(ZeroDivisionError):
        timed(times, "towpath", lambda: 1 / 0)

    assert times == {}
    assert timed(times, "towpath", lambda: "done") == "done"
    assert len(times["towpath"]) == 1


@pytest.mark.parametrize(("short", "kept"), [("", "results"), ("1", "results/short")])
def test_results_are_written_as_json_a_table_and_a_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: str, kept: str
) -> None:
    monkeypatch.setattr(harness, "_FOLDER", tmp_path)
    monkeypatch.setenv("SHORT", short)
    result = COMPARISON.result(TIMES)

    COMPARISON.write(result, ["a table"])

    folder = tmp_path / kept
    assert json.loads((folder / "nodes.json").read_text()) == result
    assert (folder / "nodes.md").read_text() == "a table\n![Nodes](nodes.svg)\n"
    assert "<svg" in (folder / "nodes.svg").read_text()
    assert [path.name for path in tmp_path.rglob("*.json")] == ["nodes.json"]


def test_a_floor_is_told_with_its_rate_where_it_was_counted() -> None:
    counted = Comparison("nodes", "Nodes", {}, floors={"ansible": "requests", "absent": "writes"})

    assert counted.result(TIMES, {"ansible": 100})["floors"] == {"ansible": {"what": "requests", "a_second": 5.0}}
    assert counted.result(TIMES)["floors"] == {}
