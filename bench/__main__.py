"""Run comparisons in turn, each in a process of its own, and write the table of all ratios.

`python -m bench` runs all of them, `python -m bench nodes` one. A comparison that fails does not stop the others; it is
named at the end, and the command fails.
"""

import argparse
import subprocess
import sys
import time

from bench.harness import is_short
from bench.summary import write_summary

COMPARISONS = (
    "engine",
    "images-listing",
    "images-deletion",
    "images-copying",
    "pull-secrets",
    "garbage-collection",
    "nodes",
    # Last: the cluster that it starts stays, and the others are measured without one.
    "garbage-collection-shared",
)
_LIMIT_SECONDS = 3600


def main() -> int:
    """Measure as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="COMPARISON", help=f"of {', '.join(COMPARISONS)}; all if none")
    names = parser.parse_args().names or list(COMPARISONS)
    if unknown := [name for name in names if name not in COMPARISONS]:
        parser.error(f"there is no comparison {', '.join(unknown)}; there are {', '.join(COMPARISONS)}")
    failed = [name for name in names if not _measured(name)]
    sys.stdout.write(write_summary().read_text(encoding="utf-8"))
    if failed:
        sys.stderr.write(f"did not end well: {', '.join(failed)}\n")
    return 1 if failed else 0


def _measured(name: str) -> bool:
    began = time.monotonic()
    sys.stderr.write(f"▸ {name}{', short' if is_short() else ''}\n")
    argv = [sys.executable, "-m", f"bench.{name.replace('-', '_')}"]
    done = subprocess.run(argv, check=False, timeout=_LIMIT_SECONDS)
    sys.stderr.write(f"▸ {name}: {time.monotonic() - began:.0f} s\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
