"""Random registries, policies and deletions on a real server: what is kept pulls, what was promised is freed."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lab.process_site import ProcessSite, access_to, blob_bytes
from tests.lab.registry_server import RegistryServer
from tests.lab.test_registry_client_collection import pulls_completely
from tests.lab.test_registry_client_copying import sign
from tests.lab.test_registry_client_real import index_of, open_session, push_image
from towpath.images.collection.collect import Collected, collect
from towpath.images.retention.decide import Facts
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import Retention, RetentionPolicy
from towpath.images.snapshot import Snapshot
from towpath.images.storage_listing import linked_manifests
from towpath.images.walk import Scope, walk
from towpath.oci.digest import Digest
from towpath.oci.image_config import parse_created
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest, tag
from towpath.registry_client.session import RegistrySession

CANARY = "towpath/canary"
REPOSITORIES = ("team/app", "team/other", "base")
NOW = parse_created("2026-11-24T00:00:00Z")
CANARY_BYTES = 2000


@dataclass(frozen=True)
class Thing:
    """Something to push: an image with one of a few layers, or an index of what was pushed before it."""

    repository: str
    layer: int
    index_of: tuple[int, ...]
    tags: tuple[str, ...]
    signatures: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A registry and what is to go from it."""

    things: tuple[Thing, ...]
    policies: tuple[RetentionPolicy, ...]


THINGS = st.builds(
    Thing,
    repository=st.sampled_from(REPOSITORIES),
    layer=st.integers(0, 4),
    index_of=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    tags=st.lists(st.sampled_from(["1.0.0", "1.1.0", "2.0.0", "2.1.0", "latest"]), max_size=2, unique=True).map(tuple),
    signatures=st.lists(st.sampled_from(["signature", "sbom"]), max_size=2, unique=True).map(tuple),
)
POLICIES = st.one_of(
    st.builds(
        RetentionPolicy, repositories=st.just("team/*"), keep_last=st.integers(1, 2), delete_untagged=st.booleans()
    ),
    st.builds(
        RetentionPolicy,
        repositories=st.sampled_from(["*", "team/*"]),
        keep_semver=st.just(">=2"),
        delete_orphaned_referrers=st.booleans(),
    ),
    st.builds(RetentionPolicy, repositories=st.just("*"), keep_tags=st.just(("latest",))),
)
CASES = st.builds(
    Case,
    things=st.lists(THINGS, min_size=1, max_size=8).map(tuple),
    policies=st.lists(POLICIES, min_size=1, max_size=2).map(tuple),
)


async def push(session: RegistrySession, things: Sequence[Thing]) -> None:
    pushed: dict[str, list[Manifest]] = {name: [] for name in REPOSITORIES}
    for number, thing in enumerate(things):
        before = pushed[thing.repository]
        made = await push_one(session, thing, number, before)
        for label in thing.tags:
            await manifest.put(session, thing.repository, made, label)
        for kind in thing.signatures:
            await sign(session, thing.repository, made, f"application/vnd.example.{kind}")
        before.append(made)


async def push_one(session: RegistrySession, thing: Thing, number: int, before: Sequence[Manifest]) -> Manifest:
    if not (thing.index_of and before):
        layer = f"layer {thing.layer} ".encode() * 3000
        return await push_image(session, thing.repository, f"cpu{number % 3}", layer)
    made = index_of(*(before[each % len(before)] for each in thing.index_of))
    await manifest.put(session, thing.repository, made)
    return made


async def look(session: RegistrySession, server: RegistryServer) -> Snapshot:
    """Read the registry, and what has no tag by its links in the storage, as `find` on the node lists them."""
    linked = linked_manifests(str(path) for path in server.storage.rglob("link"))
    return await walk(session, Scope(referrers=True, further=linked))


async def delete(session: RegistrySession, held: Snapshot, policies: tuple[RetentionPolicy, ...]) -> int:
    """Carry out the planner's plan; return the bytes that it promises."""
    assert NOW
    plan = make_plan("test", held, Retention(policies=policies), Facts(NOW))
    for untagging in plan.untaggings:
        await tag.delete(session, untagging.repository, untagging.tag)
    for deletion in plan.deletions:
        await manifest.delete(session, deletion.repository, deletion.digest)
    return plan.freed_bytes


async def whole(session: RegistrySession, held: Snapshot) -> None:
    """Read every byte of everything that a tag leads to, and of what refers to it."""
    for name, record in held.repositories.items():
        for label in record.tags:
            await pulls_completely(session, name, label)
        for digest in record.manifests:
            await pulls_completely(session, name, digest)


def stored(server: RegistryServer) -> set[Digest]:
    folder = server.storage / "docker/registry/v2/blobs/sha256"
    return {Digest(f"sha256:{path.parent.name}") for path in folder.glob("*/*/data")}


def needed_by(held: Snapshot) -> set[Digest]:
    manifests = [each for record in held.repositories.values() for each in record.manifests.values()]
    return {stored.digest for each in manifests for stored in each.stored}


async def live_and_die(server: RegistryServer, case: Case) -> tuple[int, int, Collected, Snapshot]:
    async with open_session(server) as session:
        await push(session, case.things)
        promised = await delete(session, await look(session, server), case.policies)
        kept = await look(session, server)
    before = blob_bytes(server)
    done = await collect(access_to(server), ProcessSite(server), CANARY, lambda _: None)
    async with open_session(server) as session:
        await whole(session, kept)
        again = await look(session, server)
    assert {name: record.tags for name, record in again.repositories.items() if record.tags} == {
        name: record.tags for name, record in kept.repositories.items() if record.tags
    }
    return promised, before, done, kept


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=CASES)
def test_every_kept_image_pulls_and_every_byte_reported_as_freed_is_gone(case: Case) -> None:
    folder = Path(tempfile.mkdtemp(prefix="towpath-test-"))
    try:
        with RegistryServer(folder) as server:
            promised, before, done, kept = asyncio.run(live_and_die(server, case))
            assert needed_by(kept) <= stored(server)
            if done.touched:
                assert done.bytes_before == before
                assert before - (done.bytes_after or 0) == promised
                assert blob_bytes(server) - (done.bytes_after or 0) < CANARY_BYTES
            else:
                assert promised == 0
    finally:
        shutil.rmtree(folder)
