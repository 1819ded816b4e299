"""A whole stack's `up`, `preview` without a change, `refresh` and `destroy`, beside an empty program, same engine.

The stack is this program with two nodes of the lab's, a registry container on one of them, two accounts and pull
secrets in an API server without kubelets. Between it and the empty program stand programs of one small resource for
each plugin: what the engine and its plugin processes cost by themselves.
"""

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.engine.contenders import ALL, EMPTY, PLUGINS, small_program, whole_stack
from bench.harness import TOWPATH, Comparison, Times, is_short, machine, said, timed, turns
from bench.nodes.fleet import Fleet, added_nodes
from bench.pulumi_project import CHECKOUT, PulumiProject
from lab.cluster.local_control_plane import ControlPlane
from lab.paths import Paths

NODES = 2
ROUNDS, SHORT_ROUNDS = 3, 1
OWN_SECONDS, PLUGIN_SECONDS = 1.0, 0.4
"""What a preview without a change may take beyond the empty program's: by itself, and for each plugin process."""
LIMITS = {
    EMPTY: "the engine and a program of one import",
    ALL: "one small resource for each plugin: the floor for such a stack",
    **{f"with {plugin}": "an empty program with this one plugin" for plugin in PLUGINS},
}
UP = Comparison("engine-up", "The whole stack, first up", {}, frozenset(), LIMITS)
PREVIEW = Comparison("engine-preview", "The whole stack, preview without a change", {}, frozenset(), LIMITS)
REFRESH = Comparison("engine-refresh", "The whole stack, refresh", {}, frozenset(), LIMITS)
DESTROY = Comparison("engine-destroy", "The whole stack, destroy", {}, frozenset(), LIMITS)
COMPARISONS = (UP, PREVIEW, REFRESH, DESTROY)


def measure(name: str, project: PulumiProject, times: Mapping[str, Times]) -> dict[str, int]:
    """Time one program through its life; return how much there was. Raises RuntimeError where anything is left."""
    timed(times[UP.name], name, project.up)
    had = project.resources()
    found = {"resources": len(had), "state_bytes": project.state_bytes()}
    timed(times[PREVIEW.name], name, lambda: project.preview("--expect-no-changes"))
    timed(times[REFRESH.name], name, project.refresh)
    timed(times[DESTROY.name], name, project.destroy)
    if left := [each["urn"] for each in project.resources()]:
        raise RuntimeError(f"{name} left {left}")
    return found


def load_registry(fleet: Fleet) -> None:
    """Give the first node the image of the registry, which nothing there can pull."""
    archive = (fleet.paths.images / "registry-3.tar").read_bytes()
    fleet.run(fleet.names[0], "docker load --quiet", archive)


def report(times: Mapping[str, Times], where: Mapping[str, Any]) -> None:
    """Write the four comparisons; the goal of the preview is in seconds, and so it depends on the empty program's."""
    for comparison in COMPARISONS:
        result = comparison.result(times[comparison.name])
        tables = [said(where)]
        if comparison is PREVIEW:
            empty = result["peers"][EMPTY]
            allowed = empty + OWN_SECONDS + PLUGIN_SECONDS * len(PLUGINS)
            result = dataclasses.replace(comparison, goal={EMPTY: round(allowed / empty, 2)}).result(
                times[comparison.name]
            )
            tables.append(
                f"Allowed: {empty:.2f} s for the empty program, {OWN_SECONDS:g} s, and {PLUGIN_SECONDS:g} s for each "
                f"of {len(PLUGINS)} plugin processes: {allowed:.2f} s.\n"
            )
        tables.append(comparison.table(result, f"{where['resources']} resources"))
        comparison.write({**result, "conditions": where}, tables)


def run(rounds: int, folder: Path) -> None:
    """Measure everything, in turns."""
    where = machine()
    times: dict[str, Times] = {comparison.name: {} for comparison in COMPARISONS}
    with ControlPlane(folder / "api") as control_plane, added_nodes(NODES, Paths()) as fleet:
        load_registry(fleet)
        programs = {TOWPATH: whole_stack(folder / "whole", fleet, control_plane)}
        small = {EMPTY: (), ALL: PLUGINS, **{f"with {plugin}": (plugin,) for plugin in PLUGINS}}
        for number, (name, plugins) in enumerate(small.items()):
            programs[name] = small_program(folder / f"small-{number}", control_plane, *plugins)
        for turn in turns(list(programs), rounds):
            for name in turn:
                found = measure(name, programs[name], times)
                if name == TOWPATH:
                    where |= found
                    fleet.forget_starts()
        where |= {"pulumi": programs[TOWPATH].version(), "plugins": _origins()}
    report(times, where)


def _origins() -> str:
    """Say which plugins are official ones, and which embedded."""
    chosen: dict[str, str] = json.loads((CHECKOUT / ".towpath/engine/choice.json").read_text())["plugins"]
    return " ".join(f"{name} {origin}" for name, origin in chosen.items())


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if is_short() else ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        run(given.rounds, Path(folder))


if __name__ == "__main__":
    main()
