"""A pull secret in each of 1,000 namespaces of a real API server: made, looked at without a change, rotated.

`towpath` is `pulumi up` and `pulumi preview` of this program, all namespaces as one set; `set` is what that does in the
cluster, from a fresh process without the engine. `each` is a program that has one `kubernetes.core.v1.Secret` a
namespace, by the same engine. `kubectl` is a loop of one `kubectl apply` a namespace, and of one `kubectl diff` for the
look; some are timed, and the whole is reckoned from them. `replicator` and `raw` have neither state nor engine. All
begin on the same API server without a secret, in turns; who takes minutes has one. Contents are compared after each.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.harness import Comparison, Least, Times, is_short, machine, medians, said, timed, turns
from bench.pull_secrets.contenders import Contender, Each, Kubectl, Towpath, TowpathSet
from bench.pull_secrets.requests_only import Raw, Replicator
from bench.pull_secrets.site import Site
from lab.cluster.local_control_plane import ControlPlane

NAMESPACES, SHORT_NAMESPACES = 1000, 30
ROUNDS, SHORT_ROUNDS = 3, 1
PASSWORDS = ("first", "second")
ONCE = frozenset({"each", "kubectl"})
"""Who takes minutes, and is timed in the first round alone."""
GOAL = {"each": 0.1, "kubectl": 0.1, "raw": 1.5}
OURS = frozenset({"set"})
LIMITS = {
    "set": "Towpath's own, without the engine",
    "each": "one resource a namespace, same engine; timed once",
    "kubectl": "a process a namespace, reckoned from a part; timed once",
    "replicator": "a watch-based replicator's requests, without its limit of 5 a second",
    "raw": "what the API server gives: bare writes, nothing compared",
}
LOOKS = LIMITS | {
    "set": "Towpath's own, without the engine; reads every secret",
    "raw": "what the API server gives: one list of all",
}
FLOORS = {"raw": "writes"}
FIRST = Comparison("pull-secrets-first", "Pull secrets: the first run", GOAL, OURS, LIMITS, FLOORS, Least("raw"))
LOOK = Comparison(
    "pull-secrets-unchanged",
    "Pull secrets: a look without a change",
    {"each": 0.1, "kubectl": 0.1},
    OURS,
    LOOKS,
    least=Least("raw"),
)
ROTATION = Comparison(
    "pull-secrets-rotation", "Pull secrets: another password everywhere", GOAL, OURS, LIMITS, FLOORS, Least("raw")
)


def measure(site: Site, contender: Contender) -> Iterator[tuple[Comparison, Times]]:
    """Time one contender once through its life, and give what each part took."""
    first: Times = {}
    look: Times = {}
    rotation: Times = {}
    contender.prepare(PASSWORDS[0])
    timed(first, contender.name, contender.apply)
    site.check(contender.name, PASSWORDS[0], contender.served)
    timed(look, contender.name, contender.look)
    contender.prepare(PASSWORDS[1])
    timed(rotation, contender.name, contender.apply)
    site.check(contender.name, PASSWORDS[1], contender.served)
    contender.undo()
    site.wipe()
    reckoned = len(site.names) / len(contender.served)
    for times in (first, look, rotation):
        times[contender.name] = [seconds * reckoned for seconds in times[contender.name]]
    yield from ((FIRST, first), (LOOK, look), (ROTATION, rotation))


def measure_all(site: Site, everybody: Sequence[Contender], rounds: int) -> dict[str, Times]:
    """Time everybody in turns; return times by comparison."""
    contenders = {each.name: each for each in everybody}
    times: dict[str, Times] = {each.name: {} for each in (FIRST, LOOK, ROTATION)}
    for number, turn in enumerate(turns(list(contenders), rounds)):
        for name in turn:
            if number and name in ONCE:
                continue
            for comparison, taken in measure(site, contenders[name]):
                times[comparison.name].setdefault(name, []).extend(taken[name])
    return times


def without_engine(result: Mapping[str, Any]) -> str:
    """Say how near Towpath's own work comes to what the API server gives."""
    found = medians(result)
    return f"Without the engine, `set` ÷ `raw` is {found['set'] / found['raw']:.2f}.\n"


def run(folder: Path, namespaces: int, rounds: int) -> None:
    """Measure everything and write the three results."""
    where = machine()
    with ControlPlane(folder / "api") as control_plane:
        site = Site(control_plane, folder)
        site.make(namespaces)
        everybody: list[Contender] = [Towpath(site), TowpathSet(site), Each(site)]
        everybody += [Kubectl(site), Replicator(site), Raw(site)]
        times = measure_all(site, everybody, rounds)
    for comparison in (FIRST, LOOK, ROTATION):
        result = comparison.result(times[comparison.name], {"raw": namespaces})
        table = comparison.table(result, f"{namespaces} namespaces")
        whole = {**result, "namespaces": namespaces, "conditions": where}
        comparison.write(whole, [said(where), table, without_engine(result)])


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.pull_secrets", description=__doc__)
    usual = SHORT_NAMESPACES if is_short() else NAMESPACES
    parser.add_argument("--namespaces", type=int, default=usual)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if is_short() else ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        run(Path(folder), given.namespaces, given.rounds)


if __name__ == "__main__":
    main()
