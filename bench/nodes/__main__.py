"""Measure, check that everybody did the work, write nodes-first and nodes-unchanged."""

import argparse
import dataclasses
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.growth.report import curves, plots, table
from bench.harness import Comparison, Least, Times, is_short, machine, medians, results_folder, said, timed, turns
from bench.nodes.contender import Contender
from bench.nodes.fleet import Fleet, added_nodes, same
from bench.nodes.peers.ansible import Ansible
from bench.nodes.peers.pyinfra import Pyinfra
from bench.nodes.peers.raw import Raw
from bench.nodes.peers.tools import Tools, ensure_tools
from bench.nodes.towpath_runs import TowpathApplier, TowpathUp
from bench.nodes.wanted import ADDRESS, Wanted, wanted_files
from bench.nodes.wish import configuration, documents, settings_of
from bench.pulumi_project import copy_sources
from lab.paths import Paths
from lab.topology import node_address

COUNTS, SHORT_COUNTS = (1, 2, 4, 8), (1, 2)
ROUNDS, SHORT_ROUNDS = 2, 1
LIMIT = {"raw": "what the machine allows: tar and restarts over plain ssh, nothing checked"}
FIRST = Comparison(
    "nodes-first",
    "Nodes, first run",
    {"ansible": 0.2, "pyinfra": 0.5},
    frozenset({"applier"}),
    LIMIT | {"applier": "Towpath's own, without the engine"},
    least=Least("raw"),
)
UNCHANGED = Comparison(
    "nodes-unchanged",
    "Nodes, nothing to change",
    {"ansible": 0.1, "pyinfra": 0.5},
    frozenset({"applier", "up --refresh"}),
    {
        "towpath": "compares with the state; no node is asked",
        "up --refresh": "Towpath that asks every node, as the peers do",
        "applier": "Towpath's own, without the engine; asks every node",
        "raw": "what the machine allows: sha256sum over plain ssh",
        "handshakes": "one plain ssh a node that does nothing",
    },
    {"handshakes": "SSH handshakes"},
    Least(None),
)


@dataclasses.dataclass
class Measured:
    """The times for one number of nodes."""

    first: Times = dataclasses.field(default_factory=dict)
    unchanged: Times = dataclasses.field(default_factory=dict)


def wanted_of(applier: TowpathApplier, fleet: Fleet) -> tuple[Wanted, dict[str, str]]:
    """Return the files that Towpath makes of the settings, and how the nodes look with them; put the nodes back."""
    name = fleet.names[0]
    ca_pem = fleet.paths.upstream_ca.read_text(encoding="utf-8")
    document = documents(settings_of(configuration(fleet.names, fleet.paths)), ca_pem)[name]
    files = wanted_files(document)
    applier.prepare(fleet)
    applier.first()
    contents = {path: text.replace(node_address(name), ADDRESS) for path, text in fleet.read(name, files).items()}
    looks = fleet.look()
    applier.undo()
    return Wanted(files, contents), looks


def measure(contender: Contender, fleet: Fleet, wanted: dict[str, str], measured: Measured) -> None:
    """Time one contender once, and check before, between and after that the nodes are as they should be."""
    before = fleet.look()
    fleet.forget_starts()
    contender.prepare(fleet)
    timed(measured.first, contender.name, contender.first)
    same(fleet.look(), wanted, contender.name)
    processes = fleet.processes()
    timed(measured.unchanged, contender.name, contender.unchanged)
    if isinstance(contender, TowpathUp):
        timed(measured.unchanged, "up --refresh", contender.refreshed)
    same(fleet.look(), wanted, contender.name)
    same(fleet.processes(), processes, f"{contender.name} restarted what had not changed")
    fleet.forget_starts()
    contender.undo()
    same(fleet.look(), before, f"{contender.name}, undone")


def report(measured: dict[int, Measured], raw: Raw, where: dict[str, Any]) -> None:
    """Write both comparisons: the result is that of most nodes, with the others beside it."""
    most = max(measured)
    for comparison in (FIRST, UNCHANGED):
        results, tables = {}, [_said(where)]
        for count, found in measured.items():
            result = comparison.result(found.first if comparison is FIRST else found.unchanged, {"handshakes": count})
            tables.append(comparison.table(result, f"{count} node{'s' * (count > 1)}"))
            if comparison is FIRST:
                follow_ups = statistics.median(raw.follow_ups_seconds[count])
                result |= restarts(found.first, follow_ups)
                tables.append(_shares(result))
            results[count] = result
        tables += _growth(comparison, results)
        comparison.write({**results[most], "nodes": most, "by_nodes": results, "conditions": where}, tables)


def _growth(comparison: Comparison, results: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Draw how everybody's time grows with the nodes, and return the Markdown that shows it."""
    drawn = curves(
        {
            count: {f"{name}, seconds": seconds for name, seconds in medians(result).items()}
            for count, result in results.items()
        }
    )
    name = f"{comparison.name}-growth"
    return [
        f"### {comparison.title}, by nodes\n",
        table("nodes", drawn),
        *plots(results_folder(), name, comparison.title, "nodes", drawn),
    ]


def restarts(first: Times, follow_ups: float) -> dict[str, Any]:
    """Return how much of each first run is the runtimes' own: what nobody can save."""
    share = {name: round(follow_ups / statistics.median(taken), 2) for name, taken in first.items()}
    return {"restarts_and_trust_store": round(follow_ups, 3), "share_of_restarts_and_trust_store": share}


def _said(where: dict[str, Any]) -> str:
    return f"{said(where)}\nGoals are for 8 nodes.\n"


def _shares(result: dict[str, Any]) -> str:
    shares = ", ".join(f"{name} {share:.0%}" for name, share in result["share_of_restarts_and_trust_store"].items())
    return (
        "Restarting containerd and Docker and rebuilding the trust store takes "
        f"{result['restarts_and_trust_store']:.2f} s by itself, whoever asks for it. As a share of each: {shares}.\n"
    )


def run(counts: Sequence[int], rounds: int, folder: Path, tools: Tools) -> None:
    """Measure everything."""
    where = machine()
    sources = folder / "towpath"
    copy_sources(sources)
    with added_nodes(max(counts), Paths()) as fleet:
        fleet.give_python(tools.folder)
        fleet.keep()
        applier = TowpathApplier(sources)
        wanted, looks = wanted_of(applier, fleet)
        towpath, raw = TowpathUp(sources), Raw(wanted)
        ansible, pyinfra = (kind(tools, folder / kind.name, wanted) for kind in (Ansible, Pyinfra))
        contenders: dict[str, Contender] = {each.name: each for each in (towpath, applier, ansible, pyinfra, raw)}
        measured = {count: Measured() for count in counts}
        for turn in turns(list(contenders), rounds):
            for count, found in measured.items():
                if found.first and count != max(counts):
                    continue  # the goals are for most nodes; one round shows how the others are
                for name in turn:
                    measure(contenders[name], fleet.first(count), looks, found)
                timed(found.unchanged, "handshakes", lambda count=count: fleet.first(count).each(":"))  # type: ignore[misc]
        where |= {"pulumi": towpath.version(), **tools.versions("ansible-core", "pyinfra")}
    report(measured, raw, where)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.nodes", description=__doc__)
    short = is_short()
    counts, rounds = (SHORT_COUNTS, SHORT_ROUNDS) if short else (COUNTS, ROUNDS)
    parser.add_argument("--nodes", type=int, nargs="+", default=counts, help="numbers of nodes to measure")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each is measured")
    given = parser.parse_args()
    tools = ensure_tools()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        run(given.nodes, given.rounds, Path(folder), tools)


if __name__ == "__main__":
    main()
