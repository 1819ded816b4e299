"""The one table of all ratios with their goals, and of what is promised beside: bench/results/README.md."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.harness import medians, results_folder, verdict
from bench.promise import Promise

_HEAD = """# Results

Made by `make bench`; what was run, and how to read it: [benchmarks](../../docs/benchmarks.md). Ratios are Towpath's
median time to the other's: below 1 Towpath is quicker. `met` and `missed` are about our own goals; one that is no ratio
stands in a table of its own.

"""
_NOTHING = "Nothing was measured yet.\n"


class _Row(NamedTuple):
    line: str
    goal: str
    """What became of its goal; empty: it has none."""


def write_summary() -> Path:
    """Write the table from whatever results there are; return its path."""
    folder = results_folder()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    path = folder / "README.md"
    path.write_text(_HEAD + (table(found) if found else _NOTHING), encoding="utf-8")
    return path


def table(results: list[dict[str, Any]]) -> str:
    """Return all comparisons in Markdown tables: a line a peer, a line a promise, and the totals below."""
    ratios = [row for result in results for row in _ratios(result)]
    promises = [row for result in results for row in _promises(result)]
    lines = ["| comparison | Towpath ÷ this | goal | who | Towpath | the other |", "|---|---|---|---|---|---|"]
    lines += [row.line for row in ratios]
    if floors := [line for result in results for line in _floors(result)]:
        lines += ["", "What the machine itself allows, and how near Towpath is:", ""]
        lines += ["| comparison | limit | Towpath ÷ this |", "|---|---|---|", *floors]
    if promises:
        lines += ["", "| comparison | promised | goal | found |", "|---|---|---|---|", *(row.line for row in promises)]
    if missed := [line for result in results for line in _missed(result, _empty_run(results, result))]:
        lines += ["", "Missed goals whose least was measured, i.e. what no run can do without on this machine:", ""]
        lines += ["| comparison | who | allowed | Towpath | the least | |", "|---|---|---|---|---|---|", *missed]
    goals = [row.goal for row in [*ratios, *promises] if row.goal]
    met = sum(goal.endswith("met") for goal in goals)
    lines += ["", f"Goals met: {met} of {len(goals)}.", "", *_machines(results)]
    return "\n".join(lines) + "\n"


def _ratios(result: Mapping[str, Any]) -> Iterator[_Row]:
    for name, seconds in sorted(_others(result).items(), key=lambda item: item[1]):
        ratio = result["towpath"] / seconds
        goal = verdict(ratio, result["goal"].get(name))
        times = f"{result['towpath']:.2f} s | {seconds:.2f} s"
        yield _Row(f"| {_link(result)} | {ratio:.2f} | {goal} | {name} | {times} |", goal)


def _floors(result: Mapping[str, Any]) -> Iterator[str]:
    for name, floor in result.get("floors", {}).items():
        ratio = result["towpath"] / result["peers"][name]
        yield f"| {_link(result)} | {name}: {floor['a_second']:,.0f} {floor['what']} a second | {ratio:.2f} |"


def _missed(result: Mapping[str, Any], empty_run: float | None) -> Iterator[str]:
    least = _least(result, empty_run)
    for name, ratio in result["goal"].items():
        allowed = ratio * result["peers"][name]
        if result["towpath"] <= allowed or least is None:
            continue
        reach = "out of reach" if least > allowed else ""
        times = f"{allowed:.2f} s | {result['towpath']:.2f} s | {least:.2f} s"
        yield f"| {_link(result)} | {name} | {times} | {reach} |"


def _least(result: Mapping[str, Any], empty_run: float | None) -> float | None:
    """Return the seconds that nobody can save; None: not measured."""
    least = result.get("least")
    if least is None or (least["engine"] and empty_run is None):
        return None
    work: float = result["peers"][least["of"]] if least["of"] else 0.0
    return work + (empty_run if least["engine"] and empty_run else 0.0)


def _empty_run(results: list[dict[str, Any]], beside: Mapping[str, Any]) -> float | None:
    """Return what an `up` of a program without resources takes on the machine of another result."""
    kinds = {"processors", "processor"}
    machine = {kind: beside["conditions"][kind] for kind in kinds}
    for result in results:
        if result["comparison"] == "engine-up" and machine == {kind: result["conditions"][kind] for kind in kinds}:
            return float(result["peers"]["empty"])
    return None


def _promises(result: Mapping[str, Any]) -> Iterator[_Row]:
    for promise in (Promise(**each) for each in result.get("promises", [])):
        yield _Row(f"| {_link(result)} | {promise.what} | {promise.verdict} | {promise.found:g} |", promise.verdict)


def _link(result: Mapping[str, Any]) -> str:
    return f"[{result['comparison']}]({result['comparison']}.md)"


def _others(result: Mapping[str, Any]) -> dict[str, float]:
    return {name: seconds for name, seconds in medians(result).items() if name in result["peers"]}


def _machines(results: list[dict[str, Any]]) -> list[str]:
    """Say on which machines, of which sources and under which load the results were measured."""
    lines = ["| comparison | rounds | processors | kernel | sources | load before |", "|---|---|---|---|---|---|"]
    for result in results:
        where = result["conditions"]
        lines.append(
            f"| {result['comparison']} | {result['rounds']} | {where['processors']} of {where['processor']} "
            f"| {where['kernel']} | {where['towpath']} | {where['load_before']} |"
        )
    return lines
