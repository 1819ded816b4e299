"""Deleting 45 of 50 tags in each of 20 repositories, with their manifests, beside what else does it.

Everybody begins with a copy of the same registry. Towpath reads the whole registry first, applies a policy, saves each
manifest before it goes and looks again whether it may; the others ask for a tag's digest and delete it.
"""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from bench.command_clients import has_skopeo, versions
from bench.filled_registry import fill, open_session
from bench.harness import Comparison, Least, Times, is_short, machine, said, timed, turns
from bench.images_deletion.contenders import CONTENDERS, Wish
from bench.raw_registry import CONNECTIONS
from tests.lab.registry_server import CURRENT, RegistryServer
from towpath.images.walk import Detail, Scope, walk

COMPARISON = Comparison(
    "images-deletion",
    "Deleting what a policy lets go",
    {"requests": 0.5, "crane": 0.2, "skopeo": 0.2, "regctl": 0.2},
    frozenset(),
    {
        "towpath": "reads, plans, saves, checks again, deletes; without the engine",
        "raw": "what the server gives: two requests a tag, next to no client",
        "requests": "a sequential script, a connection a request",
        "crane": "two processes a tag, timed once",
        "skopeo": "a process a tag, timed once",
        "regctl": "a process a tag, timed once",
    },
    {"raw": "requests"},
    Least("raw", engine=False),
)
REPOSITORIES, SHORT_REPOSITORIES = 20, 2
ROUNDS, SHORT_ROUNDS = 3, 1
LOOPS = frozenset({"crane", "skopeo", "regctl"})
"""Who takes half a minute, and is timed in the first round alone."""
STAYING = 5
BCRYPT_COST = 5


def names(server: RegistryServer) -> dict[str, set[str]]:
    """Return each repository's tags; raises what Towpath's client raises."""

    async def reading() -> dict[str, set[str]]:
        async with open_session(server, CONNECTIONS) as session:
            held = await walk(session, Scope(Detail.DIGESTS))
        return {each.name: set(each.tags) for each in held.repositories.values()}

    return asyncio.run(reading())


def manifests(server: RegistryServer) -> int:
    """Count the manifests that the repositories of a storage have."""
    places = server.storage.glob("docker/registry/v2/repositories/**/_manifests/revisions/sha256/*/link")
    return sum(1 for _ in places)


def measure(name: str, filled: Path, folder: Path, wish: Wish, times: Times) -> None:
    """Let one contender delete in a registry of its own. Raises RuntimeError unless just what is to go went."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        shutil.copytree(filled, Path(place) / "storage")
        with RegistryServer(Path(place), bcrypt_cost=BCRYPT_COST) as server:
            before = {each: {tag for tag in tags if not wish.goes(tag)} for each, tags in names(server).items()}
            timed(times, name, lambda: CONTENDERS[name](server, wish))
            if names(server) != before:
                raise RuntimeError(f"{name} left other tags than it should")
            if manifests(server) != STAYING * len(wish.repositories):
                raise RuntimeError(f"{name} left {manifests(server)} manifests")


def main() -> None:
    """Measure as the command line says, write images-deletion."""
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.images_deletion", description=__doc__)
    parser.add_argument("--repositories", type=int, default=SHORT_REPOSITORIES if short else REPOSITORIES)
    parser.add_argument("--tags", type=int, default=10 if short else 50)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    given = parser.parse_args()
    where = machine() | {"registry": CURRENT, "connections": CONNECTIONS, "bcrypt_cost": BCRYPT_COST}
    contenders = [name for name in CONTENDERS if name != "skopeo" or has_skopeo()]
    times: Times = {}
    with tempfile.TemporaryDirectory(prefix="bench") as holder:
        folder = Path(holder)
        with RegistryServer(folder / "filled", bcrypt_cost=4) as server:
            asyncio.run(fill(server, given.repositories, given.tags))
            wish = Wish(given.tags - STAYING, tuple(names(server)))
            where |= versions(folder)
        for number, turn in enumerate(turns(contenders, given.rounds)):
            for name in turn:
                if not number or name not in LOOPS:
                    measure(name, server.storage, folder, wish, times)
    gone = given.repositories * wish.kept_from
    where |= {"tags_gone": gone, "tags_kept": given.repositories * STAYING}
    result = COMPARISON.result(times, {"raw": 2 * gone})
    table = COMPARISON.table(result, f"{gone} of {given.repositories * given.tags} tags at bcrypt cost {BCRYPT_COST}")
    COMPARISON.write({**result, "conditions": where}, [said(where), table])


if __name__ == "__main__":
    main()
