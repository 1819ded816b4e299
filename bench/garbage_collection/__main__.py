"""Measure, check that all garbage went and all else stayed, write garbage-collection."""

import argparse
import tempfile
from pathlib import Path

from bench.garbage_collection import report
from bench.garbage_collection.contenders import CONTENDERS, RUNNING, STOPPED
from bench.garbage_collection.images import Sizes
from bench.garbage_collection.measurement import Measurement
from bench.garbage_collection.registry import running
from bench.harness import Comparison, is_short, machine
from tests.lab.registry_server import CURRENT

ROUNDS, SHORT_ROUNDS = 2, 1
COMPARISON = Comparison(
    "garbage-collection",
    "Collecting garbage of a registry container",
    {},
    frozenset(),
    {
        "towpath": "read-only meanwhile; checks before and after; without the engine",
        STOPPED: "the server is down meanwhile; nothing is checked",
        RUNNING: "takes writes meanwhile, which may be lost; nothing is checked",
    },
)
FULL, SHORT = Sizes(1000, 300, 200_000), Sizes(20, 10, 50_000)


def main() -> None:
    """Measure as the command line says."""
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.garbage_collection", description=__doc__)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    given, sizes = parser.parse_args(), SHORT if short else FULL
    where = machine() | {"registry": CURRENT, **sizes.conditions}
    with tempfile.TemporaryDirectory(prefix="bench") as folder, running(Path(folder)) as registry:
        found = Measurement(registry, CONTENDERS, sizes).run(given.rounds)
    report.write(COMPARISON, found, where)


if __name__ == "__main__":
    main()
