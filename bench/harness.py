"""What comparisons share: timing in turns, medians with their spread, a result as JSON and as a Markdown table."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

RESULTS = Path(__file__).parent / "results"
TOWPATH = "towpath"
_KIB_PER_GIB = 1024**2

Times = dict[str, list[float]]
"""Seconds of each contender, a number a round."""


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
    return {
        "processors": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / _KIB_PER_GIB),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


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

    def result(self, times: Times) -> dict[str, Any]:
        """Return medians and spread, in seconds."""
        medians = {name: round(statistics.median(taken), 3) for name, taken in times.items()}
        return {
            "comparison": self.name,
            "unit": "s",
            "towpath": medians[TOWPATH],
            "peers": {n: s for n, s in medians.items() if n != TOWPATH and n not in self.variants},
            "goal": {n: ratio for n, ratio in self.goal.items() if n in medians},
            "variants": {n: s for n, s in medians.items() if n in self.variants},
            "spread": {n: [round(min(taken), 3), round(max(taken), 3)] for n, taken in times.items()},
            "rounds": min(map(len, times.values())),
        }

    def table(self, result: Mapping[str, Any], heading: str) -> str:
        """Return a Markdown table; the ratio of Towpath's time to that of whoever the line is about comes first."""
        lines = [f"### {self.title}, {heading}", ""]
        lines += ["| Towpath ÷ this | goal | who | median | lowest to highest |", "|---|---|---|---|---|"]
        medians = {TOWPATH: result["towpath"], **result["variants"], **result["peers"]}
        for name, seconds in sorted(medians.items(), key=lambda item: float(item[1])):
            low, high = result["spread"][name]
            said = f"{name} ({self.limits[name]})" if name in self.limits else name
            ratio = result["towpath"] / seconds
            goal = self._verdict(name, ratio)
            lines.append(f"| {ratio:.2f} | {goal} | {said} | {seconds:.2f} s | {low:.2f} to {high:.2f} s |")
        return "\n".join([*lines, ""])

    def _verdict(self, name: str, ratio: float) -> str:
        if name not in self.goal:
            return ""
        return f"≤ {self.goal[name]:g}: {'met' if ratio <= self.goal[name] else 'missed'}"

    def write(self, result: Mapping[str, Any], tables: Sequence[str]) -> None:
        """Write the result's JSON and its tables, and show the tables."""
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        text = "\n".join(tables)
        (RESULTS / f"{self.name}.md").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{text}\n")
