"""Measure, check that all garbage went and all else stayed, write garbage-collection."""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.filled_registry import push_blob, push_manifest
from bench.garbage_collection.contenders import CONTENDERS, RUNNING, STOPPED
from bench.garbage_collection.observer import Observer, Seen
from bench.garbage_collection.registry import BenchRegistry, running
from bench.harness import Comparison, Times, is_short, machine, said, timed, turns
from tests.lab.registry_server import CURRENT
from towpath.images.bounded import for_each
from towpath.oci import media_types
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, manifest
from towpath.registry_client.errors import NotFoundError, RegistryError
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits

ROUNDS, SHORT_ROUNDS = 3, 1
KEPT, GARBAGE = "kept", "garbage"
AT_ONCE = 4
SETTLE_SECONDS = 60
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


@dataclass(frozen=True)
class Sizes:
    """How many images are kept and how many go, with a layer of so many bytes each."""

    kept: int
    garbage: int
    layer_bytes: int


FULL, SHORT = Sizes(1000, 300, 200_000), Sizes(20, 10, 50_000)


@dataclass
class Found:
    """Times and what a user saw, by contender, an entry a round; and who could push an image anew that had gone."""

    times: Times = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    pushed_again: dict[str, list[bool]] = field(default_factory=dict)


def in_session(registry: BenchRegistry, work: Callable[[RegistrySession], Any]) -> Any:  # noqa: ANN401
    """Do something in a session of its own."""

    async def opened() -> Any:  # noqa: ANN401
        async with registry.access.session(Limits(concurrency=AT_ONCE)) as session:
            return await work(session)

    return asyncio.run(opened())


async def push(session: RegistrySession, repository: str, names: Sequence[str], layer_bytes: int) -> list[Manifest]:
    """Push images with a layer of their own each, whose content follows from the name."""
    images: dict[str, Manifest] = {}

    async def one(name: str) -> None:
        layer = random.Random(name).randbytes(layer_bytes)  # noqa: S311 no secret
        config = b'{"os": "linux", "architecture": "amd64"}'
        parts = [
            await push_blob(session, repository, config, media_types.OCI_CONFIG),
            await push_blob(session, repository, layer, media_types.OCI_LAYER),
        ]
        images[name] = await push_manifest(session, repository, parts, name, name)

    await for_each(names, one, AT_ONCE)
    return [images[name] for name in names]


async def delete(session: RegistrySession, images: Sequence[Manifest]) -> None:
    """Delete the manifests of what is to be garbage."""
    await for_each(images, lambda image: manifest.delete(session, GARBAGE, image.digest), AT_ONCE)


async def can_push_again(session: RegistrySession, gone: Manifest, name: str, layer_bytes: int) -> bool:
    """Push an image that was collected as clients do, which send only what the server says it has not; pull it."""
    layer = random.Random(name).randbytes(layer_bytes)  # noqa: S311 no secret
    config = b'{"os": "linux", "architecture": "amd64"}'
    for descriptor, content in zip(gone.blobs, (config, layer), strict=True):
        if not await blob.exists(session, GARBAGE, descriptor.digest):
            await push_blob(session, GARBAGE, content, descriptor.media_type)
    try:
        await manifest.put(session, GARBAGE, gone, name)
        for descriptor in gone.blobs:
            await blob.get(session, GARBAGE, descriptor)
    except RegistryError:
        return False
    finally:
        await manifest.delete(session, GARBAGE, gone.digest)
    return True


def check(registry: BenchRegistry, kept: Sequence[Manifest], gone: Sequence[Manifest], name: str) -> None:
    """Raise RuntimeError unless the storage has the layers of all that is kept, and of nothing that went."""
    listed = registry.on_node(f"ls {registry.place.storage_folder}/docker/registry/v2/blobs/sha256/*/").split()
    there = set(listed)
    layers = [image.blobs[-1].digest.removeprefix("sha256:") for image in kept]
    if lost := [layer for layer in layers if layer not in there]:
        raise RuntimeError(f"{name} lost {len(lost)} layers that are in use")
    if left := [image.blobs[-1].digest for image in gone if image.blobs[-1].digest.removeprefix("sha256:") in there]:
        raise RuntimeError(f"{name} left {len(left)} layers of garbage")


def measure(
    registry: BenchRegistry, name: str, turn: int, kept: Sequence[Manifest], sizes: Sizes, found: Found
) -> None:
    """Make garbage, let one contender collect it while somebody pulls and pushes, and look at what came of it."""
    names = [f"{name.replace(', ', '-')}-{turn}-{number}" for number in range(sizes.garbage)]
    gone = in_session(registry, lambda session: push(session, GARBAGE, names, sizes.layer_bytes))
    in_session(registry, lambda session: delete(session, gone))
    with Observer(registry, KEPT, kept[0]) as observer:
        timed(found.times, name, lambda: CONTENDERS[name](registry))
        wait_until_answering(registry)
    found.seen.setdefault(name, []).append(observer.seen)
    check(registry, kept, gone, name)
    again = in_session(registry, lambda session: can_push_again(session, gone[0], names[0], sizes.layer_bytes))
    found.pushed_again.setdefault(name, []).append(again)
    registry.on_node("docker restart $name")
    wait_until_answering(registry)


def wait_until_answering(registry: BenchRegistry) -> None:
    """Wait until the registry is there; what the observer saw until then counts."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            in_session(registry, lambda session: manifest.head(session, KEPT, "0"))
        except NotFoundError as error:
            raise RuntimeError("an image that is kept has gone") from error
        except RegistryError:
            if time.monotonic() > deadline:
                raise
        else:
            return


def report(found: Found, where: dict[str, Any]) -> None:
    """Write the comparison, with what users saw beside the times."""
    result = COMPARISON.result(found.times)
    lines = ["| who | seconds without writes | seconds without pulls | failed pulls | gone image can be pushed again |"]
    lines.append("|---|---|---|---|---|")
    users = {}
    for name, seen in found.seen.items():
        medians = {key: statistics.median(asdict(each)[key] for each in seen) for key in asdict(seen[0])}
        users[name] = {key: round(value, 2) for key, value in medians.items()}
        users[name]["pushed_again"] = all(found.pushed_again[name])
        of = users[name]
        again = "yes" if of["pushed_again"] else "no: pushed, and cannot be pulled"
        lines.append(
            f"| {name} | {of['seconds_without_writes']:.1f} | {of['seconds_without_pulls']:.1f} "
            f"| {of['failed_pulls']:.0f} of {of['pulls']:.0f} | {again} |"
        )
    tables = [said(where), COMPARISON.table(result, f"{where['images_gone']} images of {where['layer_bytes']} bytes")]
    COMPARISON.write({**result, "users": users, "conditions": where}, [*tables, "\n".join([*lines, ""])])


def main() -> None:
    """Measure as the command line says."""
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.garbage_collection", description=__doc__)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    given, sizes = parser.parse_args(), SHORT if short else FULL
    where = machine() | {"registry": CURRENT, "images_kept": sizes.kept, "images_gone": sizes.garbage}
    where |= {"layer_bytes": sizes.layer_bytes}
    found = Found()
    with tempfile.TemporaryDirectory(prefix="bench") as folder, running(Path(folder)) as registry:
        names = [str(number) for number in range(sizes.kept)]
        kept = in_session(registry, lambda session: push(session, KEPT, names, sizes.layer_bytes // 10))
        for turn, order in enumerate(turns(list(CONTENDERS), given.rounds)):
            for name in order:
                measure(registry, name, turn, kept, sizes, found)
    report(found, where)


if __name__ == "__main__":
    main()
