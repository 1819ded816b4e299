"""Measure, check that every image arrived with its digest, write images-copying-first and images-copying-unchanged."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from bench.command_clients import versions
from bench.filled_registry import open_session
from bench.harness import TOWPATH, Comparison, Least, Times, is_short, machine, said, timed, turns
from bench.images_copying.contenders import Contender, TowpathCopier, TowpathUp
from bench.images_copying.ends import Ends
from bench.images_copying.peers import CraneCopy, RegSync, SkopeoSync
from bench.images_copying.upstream import Sizes, fill
from bench.pulumi_project import copy_sources
from bench.raw_registry import Ask, RawRegistry, digest
from tests.lab.registry_server import ACCOUNT, CURRENT, PASSWORD, RegistryServer
from towpath.registry_client import manifest

IMAGES = 30
MANY, SHORT_MANY = 300, 6
"""Images of the second look at a run with nothing to copy: a list as a team's platform has one."""
MANY_SIZES = Sizes(20_000, 5_000, 1_000)
"""Small ones, since no byte of them is moved by what is timed."""
SIZES, SHORT_SIZES = Sizes(6_000_000, 1_500_000, 300_000), Sizes(300_000, 75_000, 15_000)
ROUNDS, SHORT_ROUNDS = 3, 1
CRANES_AT_ONCE = 4
FIRST = Comparison(
    "images-copying-first",
    "Copying 30 images of two platforms into an empty registry",
    {"skopeo": 1.0, "crane": 1.0, "crane, 4 at once": 1.0, "regsync": 1.0},
    frozenset({"copier"}),
    {
        "copier": "Towpath's own, without the engine",
        "disk": "what the disk allows: all bytes written into one file, and synced",
    },
    {"disk": "MB"},
)
UNCHANGED = Comparison(
    "images-copying-unchanged",
    "A look with nothing to copy",
    {"skopeo": 0.1, "crane": 0.1, "crane, 4 at once": 0.1, "regsync": 0.5},
    frozenset({"copier", "up --refresh"}),
    {
        "towpath": "asks the source, and compares with the state",
        "up --refresh": "Towpath that asks the target too, as the peers do",
        "copier": "Towpath's own, without the engine; asks both",
        "raw": "what the source gives: one request an image, next to no client",
    },
    {"raw": "requests"},
    Least("raw"),
)


def measure(
    contender: Contender, source: RegistryServer, folder: Path, digests: dict[str, str], times: list[Times]
) -> None:
    """Let one contender copy into a fresh registry, and again; check after each that everything is there."""
    with tempfile.TemporaryDirectory(dir=folder) as place, RegistryServer(Path(place), bcrypt_cost=5) as target:
        ends = Ends(source.host, source.ca_pem, target.host, target.ca_pem, ACCOUNT, PASSWORD, sorted(digests))
        contender.prepare(ends)
        timed(times[0], contender.name, contender.copy)
        check(contender, target, digests)
        look(contender, target, target.state().keys(), times[1])
        contender.forget()
        check(contender, target, digests)


def measure_many(
    everybody: Mapping[str, Contender], source: RegistryServer, folder: Path, digests: dict[str, str], rounds: int
) -> Times:
    """Let one contender copy, and then everybody look, in turns, at what is there already."""
    times: Times = {}
    with tempfile.TemporaryDirectory(dir=folder) as place, RegistryServer(Path(place), bcrypt_cost=5) as target:
        ends = Ends(source.host, source.ca_pem, target.host, target.ca_pem, ACCOUNT, PASSWORD, sorted(digests))
        for contender in everybody.values():
            contender.prepare(ends)
        everybody[TOWPATH].copy()
        held = target.state().keys()
        for turn in turns(list(everybody), rounds):
            for name in turn:
                look(everybody[name], target, held, times)
                check(everybody[name], target, digests)
            timed(times, "raw", lambda: asyncio.run(ask_for_each(source, digests)))
        everybody[TOWPATH].forget()
    return times


def look(contender: Contender, target: RegistryServer, held: Collection[str], times: Times) -> None:
    """Time a run with nothing to copy. Raises RuntimeError where one stored something anew."""
    timed(times, contender.name, contender.again)
    if isinstance(contender, TowpathUp):
        timed(times, "up --refresh", contender.refreshed)
    # skopeo puts manifests again.
    if contender.name != "skopeo" and target.state().keys() != held:
        raise RuntimeError(f"{contender.name} wrote again what was there")


async def ask_for_each(source: RegistryServer, digests: Mapping[str, str]) -> None:
    """Ask the source for each digest. Raises RuntimeError for another than it has."""

    async def one(ask: Ask, name: str) -> None:
        if await digest(ask, name, "1") != digests[name]:
            raise RuntimeError(f"{name} has another digest")

    await RawRegistry(source).each(digests, one)


def check(contender: Contender, target: RegistryServer, digests: Mapping[str, str]) -> None:
    """Raise RuntimeError unless the target has every tag with the source's digest."""

    async def found() -> dict[str, str]:
        async with open_session(target, 8) as session:
            return {name: (await manifest.head(session, name, "1")).digest for name in digests}

    if asyncio.run(found()) != digests:
        raise RuntimeError(f"{contender.name} did not copy every image with its digest")


def run(rounds: int, sizes: Sizes, many: int, folder: Path) -> None:
    """Measure everything, report."""
    where: dict[str, Any] = machine()
    sources = folder / "towpath"
    copy_sources(sources)
    folders = {name: folder / name for name in ("skopeo", "crane", "cranes", "regsync")}
    for each in folders.values():
        each.mkdir()
    towpath = TowpathUp(sources)
    everybody: list[Contender] = [
        towpath,
        TowpathCopier(sources),
        SkopeoSync(folders["skopeo"]),
        CraneCopy(folders["crane"], 1),
        CraneCopy(folders["cranes"], CRANES_AT_ONCE),
        RegSync(folders["regsync"], CRANES_AT_ONCE),
    ]
    contenders = {each.name: each for each in everybody}
    times: list[Times] = [{}, {}]
    with RegistryServer(folder / "source", bcrypt_cost=5) as source:
        digests = asyncio.run(fill(source, IMAGES, sizes))
        for turn in turns(list(contenders), rounds):
            for name in turn:
                measure(contenders[name], source, folder, digests, times)
            timed(times[1], "raw", lambda: asyncio.run(ask_for_each(source, digests)))
            timed(times[0], "disk", lambda: write_through(folder / "disk", sizes.unique(IMAGES)))
        where |= versions(folder)
    with RegistryServer(folder / "many", bcrypt_cost=5) as source:
        digests = asyncio.run(fill(source, many, MANY_SIZES))
        of_many = measure_many(contenders, source, folder, digests, rounds)
    where |= {"pulumi": towpath.version(), "registry": CURRENT, "bcrypt_cost": 5}
    where |= {"images": IMAGES, "bytes_without_repeats": sizes.unique(IMAGES)}
    report(times, {many: of_many}, where)


def write_through(path: Path, size: int) -> None:
    """Write so many bytes that do not compress, and wait until they are on the disk."""
    block = os.urandom(1_000_000)
    with path.open("wb") as file:
        for written in range(0, size, len(block)):
            file.write(block[: size - written])
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def report(times: list[Times], of_many: Mapping[int, Times], where: dict[str, Any]) -> None:
    """Write both comparisons; where nothing is to be copied, the result is that of most images."""
    size, cost = where["bytes_without_repeats"], where["bcrypt_cost"]
    first = FIRST.result(times[0], {"disk": size / 1e6})
    table = FIRST.table(first, f"{decimal(size)} at bcrypt cost {cost}")
    FIRST.write({**first, "conditions": where}, [said(where), table])
    by_images = {
        count: UNCHANGED.result(taken, {"raw": count}) for count, taken in {IMAGES: times[1], **of_many}.items()
    }
    tables = [UNCHANGED.table(result, f"{count} images at bcrypt cost {cost}") for count, result in by_images.items()]
    most = max(by_images)
    UNCHANGED.write(
        {**by_images[most], "images": most, "by_images": by_images, "conditions": where},
        [f"{said(where)}\nGoals are for {most} images.\n", *tables],
    )


def main() -> None:
    """Measure as the command line says."""
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.images_copying", description=__doc__)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        run(given.rounds, SHORT_SIZES if short else SIZES, SHORT_MANY if short else MANY, Path(folder))


if __name__ == "__main__":
    main()
