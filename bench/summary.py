"""The one table of all ratios with their goals: bench/results/README.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.harness import medians, results_folder, verdict

_HEAD = """# Results

Made by `make bench`; what was run, and how to read it: [benchmarks](../../docs/benchmarks.md). Ratios are Towpath's
median time to the other's: below 1 Towpath is quicker. `met` and `missed` are about our own goals.

"""
_NOTHING = "Nothing was measured yet.\n"


def write_summary() -> Path:
    """Write the table from whatever results there are; return its path."""
    folder = results_folder()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    path = folder / "README.md"
    path.write_text(_HEAD + (table(found) if found else _NOTHING), encoding="utf-8")
    return path


def table(results: list[dict[str, Any]]) -> str:
    """Return all comparisons in one Markdown table: a line a peer, and one of totals below."""
    lines = ["| comparison | Towpath ÷ this | goal | who | Towpath | the other |", "|---|---|---|---|---|---|"]
    verdicts = []
    for result in results:
        for name, seconds in sorted(_others(result).items(), key=lambda item: item[1]):
            ratio = result["towpath"] / seconds
            goal = verdict(ratio, result["goal"].get(name))
            verdicts += [goal] if goal else []
            link = f"[{result['comparison']}]({result['comparison']}.md)"
            lines.append(f"| {link} | {ratio:.2f} | {goal} | {name} | {result['towpath']:.2f} s | {seconds:.2f} s |")
    met = sum(each.endswith("met") for each in verdicts)
    lines += ["", f"Goals met: {met} of {len(verdicts)}.", "", *_machines(results)]
    return "\n".join(lines) + "\n"


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
