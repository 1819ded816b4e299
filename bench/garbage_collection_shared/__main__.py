"""Measure, check that all garbage went and all else stayed, write garbage-collection-shared."""

import argparse
import tempfile
from pathlib import Path

from bench.garbage_collection import report
from bench.garbage_collection.contenders import RUNNING, STOPPED
from bench.garbage_collection.images import Sizes
from bench.garbage_collection.measurement import Measurement
from bench.garbage_collection_shared.contenders import CONTENDERS
from bench.garbage_collection_shared.registry import REPLICAS, running
from bench.harness import TOWPATH, Comparison, is_short, machine
from bench.promise import Promise
from tests.lab.registry_server import CURRENT

ROUNDS, SHORT_ROUNDS = 2, 1
COMPARISON = Comparison(
    "garbage-collection-shared",
    "Collecting garbage of a registry on shared storage",
    {},
    frozenset(),
    {
        TOWPATH: "read-only meanwhile, pods replaced in turn; checks before and after; without the engine",
        STOPPED: "no pod meanwhile; nothing is checked",
        RUNNING: "takes writes meanwhile, which may be lost; nothing is checked",
    },
)
FULL, SHORT = Sizes(100, 30, 200_000), Sizes(10, 5, 50_000)


def main() -> None:
    """Measure as the command line says."""
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.garbage_collection_shared", description=__doc__)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    given, sizes = parser.parse_args(), SHORT if short else FULL
    where = machine() | {"registry": CURRENT, "replicas": REPLICAS, "storage": "S3 (moto), Redis", **sizes.conditions}
    with tempfile.TemporaryDirectory(prefix="bench") as folder, running(Path(folder)) as registry:
        found = Measurement(registry, CONTENDERS, sizes).run(given.rounds)
    failed = sum(seen.failed_pulls for seen in found.seen[TOWPATH])
    promise = Promise("failed pulls during a collection on shared storage", 0, failed)
    report.write(COMPARISON, found, where, [promise])


if __name__ == "__main__":
    main()
