"""What comparisons share: timing in turns, medians with their spread, a result as JSON, Markdown and a plot."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bench.plots import Bar, bars

T = TypeVar("T")

TOWPATH = "towpath"
_FOLDER = Path(__file__).parent
_KIB_PER_GIB = 1024**2

Times = dict[str, list[float]]
"""Seconds of each contender, a number a round."""


def is_short() -> bool:
    """Return whether a short run is asked for, which shows that everything works and measures nothing."""
    return bool(os.environ.get("SHORT"))


def results_folder() -> Path:
    """Return where results go; those of a short run are kept apart from real ones."""
    folder = _FOLDER / "results" / "short" if is_short() else _FOLDER / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def timed(times: Times, name: str, work: Callable[[], T]) -> T:
    """Do the work, note how many seconds it took, say so, and return what it returned."""
    began = time.perf_counter()
    done = work()
    times.setdefault(name, []).append(time.perf_counter() - began)
    sys.stderr.write(f"  {name}: {times[name][-1]:.2f} s\n")
    return done


def turns(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """Return the order of each round: everybody once, and another one first each time."""
    for turn in range(rounds):
        first = turn % len(names)
        yield [*names[first:], *names[:first]]


def machine() -> dict[str, Any]:
    """Return what the times depend on."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    return {
        "processors": os.cpu_count(),
        "processor": next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), "?"),
        "memory_gib": round(int(memory.split()[1]) / _KIB_PER_GIB),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "towpath": revision(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def revision() -> str:
    """Return the commit that is measured, marked if the sources differ from it; results are none of these."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)bench/results")
    return f"{commit}-dirty" if commit and changed else commit or "no checkout"


def _git(*arguments: str) -> str:
    argv = ["git", "-C", str(_FOLDER), *arguments]
    return subprocess.run(argv, check=False, capture_output=True, text=True).stdout.strip()


def said(where: Mapping[str, Any]) -> str:
    """Return a line of conditions."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in where.items()) + ".\n"


@dataclass(frozen=True)
class Least:
    """What no run can do without, so that a goal below its time is out of reach here, whoever writes the code."""

    of: str | None
    """Who does just the work that has to be done; None: nothing has to be."""
    engine: bool = True
    """Whether Towpath's time has a run of the engine in it: an empty program's is the least of that."""


@dataclass(frozen=True)
class Comparison:
    """The same work by Towpath, as people run it, and by others."""

    name: str
    title: str
    goal: Mapping[str, float]
    """The highest ratio of Towpath's time to a peer's."""
    variants: frozenset[str] = frozenset()
    """Names of contenders that are Towpath in another way, and no peers."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """What some contenders are there for, e.g. `{"raw": "what the machine itself allows"}`."""
    floors: Mapping[str, str] = field(default_factory=dict)
    """Contenders that are no tools, but what the machine allows, with what they do: `{"raw": "requests"}`."""
    least: Least | None = None

    def result(self, times: Times, counts: Mapping[str, float] | None = None) -> dict[str, Any]:
        """Return medians and spread, in seconds; `counts`: how much of what they do the floors did."""
        medians = {name: round(statistics.median(taken), 3) for name, taken in times.items()}
        return {
            "comparison": self.name,
            "title": self.title,
            "unit": "s",
            "towpath": medians[TOWPATH],
            "peers": {n: s for n, s in medians.items() if n != TOWPATH and n not in self.variants},
            "goal": {n: ratio for n, ratio in self.goal.items() if n in medians},
            "variants": {n: s for n, s in medians.items() if n in self.variants},
            "spread": {n: [round(min(taken), 3), round(max(taken), 3)] for n, taken in times.items()},
            "rounds": max(map(len, times.values())),
            "floors": {
                name: {"what": what, "a_second": round(counts[name] / medians[name], 1)}
                for name, what in self.floors.items()
                if counts and name in medians
            },
            "least": asdict(self.least) if self.least else None,
        }

    def table(self, result: Mapping[str, Any], heading: str) -> str:
        """Return a Markdown table; the ratio of Towpath's time to that of whoever the line is about comes first."""
        lines = [f"### {self.title}, {heading}", ""]
        lines += ["| Towpath ÷ this | goal | who | median | lowest to highest |", "|---|---|---|---|---|"]
        for name, seconds in sorted(medians(result).items(), key=lambda item: item[1]):
            low, high = result["spread"][name]
            who = f"{name} ({self.limits[name]})" if name in self.limits else name
            ratio = result["towpath"] / seconds
            goal = verdict(ratio, result["goal"].get(name))
            lines.append(f"| {ratio:.2f} | {goal} | {who} | {seconds:.2f} s | {low:.2f} to {high:.2f} s |")
        return "\n".join([*lines, ""])

    def write(self, result: Mapping[str, Any], tables: Sequence[str]) -> None:
        """Write the result's JSON, its tables and its plot, and show the tables."""
        folder = results_folder()
        (folder / f"{self.name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        text = "\n".join(tables)
        (folder / f"{self.name}.md").write_text(f"{text}\n![{self.title}]({self.name}.svg)\n", encoding="utf-8")
        ours = {TOWPATH, *self.variants}
        spread = result["spread"]
        drawn = [
            Bar(name, seconds, spread[name][0], spread[name][1], ours=name in ours)
            for name, seconds in medians(result).items()
        ]
        bars(folder / f"{self.name}.svg", self.title, drawn)
        sys.stdout.write(f"{text}\n")


def medians(result: Mapping[str, Any]) -> dict[str, float]:
    """Return everybody's median."""
    return {TOWPATH: float(result["towpath"]), **result["variants"], **result["peers"]}


def verdict(ratio: float, goal: float | None) -> str:
    """Say whether a goal is met; nothing where there is none."""
    return "" if goal is None else f"≤ {goal:g}: {'met' if ratio <= goal else 'missed'}"
