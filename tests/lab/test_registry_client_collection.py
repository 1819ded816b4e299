"""A plan carried out on a real registry and collected by its own collector: the bytes promised are the bytes freed."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.lab.registry_server import CURRENT, DEBIAN, RegistryServer
from tests.lab.test_registry_client_copying import sign
from tests.lab.test_registry_client_real import index_of, open_session, push_image
from towpath.images.collection.report import parse_report
from towpath.images.retention.decide import Facts
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import Retention, RetentionPolicy
from towpath.images.snapshot import Snapshot
from towpath.images.walk import Scope, walk
from towpath.oci.image_config import parse_created
from towpath.registry_client import blob, manifest, tag, tree
from towpath.registry_client.errors import NotFoundError, UnreachableError
from towpath.registry_client.session import RegistrySession


def blob_bytes(server: RegistryServer) -> int:
    return sum(path.stat().st_size for path in (server.storage / "docker/registry/v2/blobs").rglob("data"))


async def fill(session: RegistrySession) -> None:
    base = b"base" * 5000
    await push_image(session, "team/app", "amd64", base, "1.0.0")
    kept = await push_image(session, "team/app", "arm64", base, "2.0.0")
    await manifest.put(session, "team/app", kept, "1.9.0")
    await sign(session, "team/app", kept, "application/vnd.example.kept")
    children = [await push_image(session, "team/app", n, n.encode() * 5000) for n in ("riscv64", "s390x", "ppc64le")]
    await manifest.put(session, "team/app", index_of(children[0], children[1]), "1.1.0")
    both = index_of(children[1], children[2])
    await manifest.put(session, "team/app", both)
    await manifest.put(session, "team/app", index_of(both, kept), "3.0.0")
    old = await push_image(session, "team/app", "old", b"signed and old" * 5000, "1.2.0")
    await sign(session, "team/app", old, "application/vnd.example.gone")
    await push_image(session, "other", "amd64", base, "1.0.0")


async def carry_out(session: RegistrySession) -> tuple[Snapshot, int]:
    held = await walk(session, Scope(referrers=True))
    policy = RetentionPolicy(repositories="team/*", keep_semver=">=2")
    facts = Facts(parse_created("2026-11-24T00:00:00Z") or pytest.fail("a date"))
    plan = make_plan("lab", held, Retention(policies=(policy,)), facts)
    assert not held.failures
    for untagging in plan.untaggings:
        await tag.delete(session, untagging.repository, untagging.tag)
    for deletion in plan.deletions:
        await manifest.delete(session, deletion.repository, deletion.digest)
    assert {u.tag for u in plan.untaggings} == {"1.9.0"}
    assert {t for d in plan.deletions for t in d.tags if "sha256" not in t} == {"1.0.0", "1.1.0", "1.2.0"}
    return held, plan.freed_bytes


async def pulls_completely(session: RegistrySession, repository: str, label: str) -> None:
    top = await manifest.get(session, repository, label)
    async for part in tree.tree(session, repository, top):
        for descriptor in part.blobs:
            assert [piece async for piece in blob.read(session, repository, descriptor)]


@pytest.mark.parametrize("release", [CURRENT, DEBIAN])
def test_every_byte_promised_is_freed_and_what_is_kept_pulls_completely(tmp_path: Path, release: str) -> None:
    async def work(server: RegistryServer) -> int:
        async with open_session(server) as session:
            await fill(session)
            return (await carry_out(session))[1]

    async def verify(server: RegistryServer) -> None:
        async with open_session(server) as session:
            assert [name async for name in tag.tags(session, "team/app") if "sha256" not in name] == ["2.0.0", "3.0.0"]
            for repository, label in (("team/app", "2.0.0"), ("team/app", "3.0.0"), ("other", "1.0.0")):
                await pulls_completely(session, repository, label)
            left = await walk(session, Scope(referrers=True))
            kinds = {r.artifact_type for r in left.repositories["team/app"].manifests.values()} - {""}
            assert kinds == {"application/vnd.example.kept"}
            await push_image(session, "team/app", "amd64", b"base" * 5000, "1.0.0")
            await pulls_completely(session, "team/app", "1.0.0")

    with RegistryServer(tmp_path, release=release) as server:
        before_push = blob_bytes(server) if server.storage.joinpath("docker").exists() else 0
        assert before_push == 0
        promised = asyncio.run(work(server))
        server.stop()
        before = blob_bytes(server)
        dry = parse_report(server.garbage_collect("--dry-run"))
        assert blob_bytes(server) == before
        swept = parse_report(server.garbage_collect())
        assert swept.blobs_eligible == dry.blobs_eligible > 0
        freed = before - blob_bytes(server)
        # On 2.x a tag is removed by way of a throwaway manifest, which is swept as well.
        throwaway = freed - promised
        assert throwaway == 0 if release == CURRENT else 0 < throwaway < 1000
        assert parse_report(server.garbage_collect("--dry-run")).nothing_to_do
        server.start()
        asyncio.run(verify(server))


@pytest.mark.parametrize("release", [CURRENT, DEBIAN])
def test_the_stock_recipe_loses_an_image_that_is_pushed_again_and_a_restart_does_not(
    tmp_path: Path, release: str
) -> None:
    """`garbage-collect` beside a running registry: its cache still has the blobs, so the push sends nothing."""

    async def push_and_delete(server: RegistryServer) -> None:
        async with open_session(server) as session:
            image = await push_image(session, "app", "amd64", b"layer" * 1000, "1")
            await manifest.delete(session, "app", image.digest)

    async def push_again(server: RegistryServer) -> None:
        async with open_session(server) as session:
            await push_image(session, "app", "amd64", b"layer" * 1000, "1")
            await pulls_completely(session, "app", "1")

    with RegistryServer(tmp_path, release=release) as server:
        asyncio.run(push_and_delete(server))
        server.garbage_collect()
        # 3.1.2 promises a layer of which its cache knows the size, and ends before its first byte.
        with pytest.raises((NotFoundError, UnreachableError)):
            asyncio.run(push_again(server))
    with RegistryServer(tmp_path / "ours", release=release) as server:
        asyncio.run(push_and_delete(server))
        server.stop()
        server.garbage_collect()
        server.start()
        asyncio.run(push_again(server))


def test_an_empty_storage_has_nothing_to_free(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        server.stop()
        with pytest.raises(Exception, match="non-zero exit status") as caught:
            server.garbage_collect("--dry-run")
        assert parse_report(str(getattr(caught.value, "stderr", ""))).nothing_to_do


def test_a_walk_and_a_dry_run_leave_the_storage_byte_identical(tmp_path: Path) -> None:
    async def look(server: RegistryServer) -> str:
        async with open_session(server) as session:
            held = await walk(session, Scope(referrers=True))
            policy = RetentionPolicy(repositories="*", keep_tags=("none",))
            facts = Facts(parse_created("2026-11-24T00:00:00Z") or pytest.fail("a date"))
            return make_plan("lab", held, Retention(policies=(policy,)), facts).model_dump_json()

    async def prepare(server: RegistryServer) -> None:
        async with open_session(server) as session:
            await fill(session)

    with RegistryServer(tmp_path) as server:
        asyncio.run(prepare(server))
        before = server.state()
        first = asyncio.run(look(server))
        server.garbage_collect("--dry-run")
        assert server.state() == before
        assert json.loads(first)["deletions"]
        assert asyncio.run(look(server)) == first
