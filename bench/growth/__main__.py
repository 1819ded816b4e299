"""Measure how cost grows, size by size. A run that was stopped goes on where it was; delete a file to begin anew."""

import argparse
import sys

from bench.growth.dimension import Dimension
from bench.growth.images import IMAGES
from bench.growth.namespaces import NAMESPACES
from bench.growth.simulated_nodes import NODES
from bench.growth.tags import TAGS
from bench.harness import is_short

DIMENSIONS: dict[str, Dimension] = {each.name: each for each in (NODES, NAMESPACES, TAGS, IMAGES)}


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="DIMENSION", help=f"of {', '.join(DIMENSIONS)}; all if none")
    parser.add_argument("--up-to", type=int, help="the largest size")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in DIMENSIONS]:
        parser.error(f"there is no dimension {', '.join(unknown)}; there are {', '.join(DIMENSIONS)}")
    for name in given.names or DIMENSIONS:
        dimension = DIMENSIONS[name]
        sizes = dimension.short_sizes if is_short() else dimension.sizes
        sys.stderr.write(f"▸ {name}\n")
        dimension.run([size for size in sizes if given.up_to is None or size <= given.up_to])
        sys.stdout.write(dimension.path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
