"""A real registry on S3 with its cache in Redis: what other tests, and replicas that share both, rely on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.redis_server import PASSWORD, RedisServer
from tests.lab.registry_server import RegistryServer
from tests.lab.s3_server import S3Server
from tests.lab.test_registry_client_collection import pulls_completely
from tests.lab.test_registry_client_real import open_session, push_image
from towpath.registry_client import blob, catalog, manifest, tag
from towpath.registry_client.errors import NotFoundError

LAYER = b"a layer of more than one part" * 600_000
"""17 MB: an S3 upload in parts of 10 MiB."""


@pytest.fixture
def bucket(s3: S3Server) -> Iterator[str]:
    s3.create_bucket("shared-storage")
    yield "shared-storage"
    s3.delete_bucket("shared-storage")


@contextmanager
def replica(folder: Path, s3: S3Server, redis: RedisServer, bucket: str) -> Iterator[RegistryServer]:
    """One of several servers on the same bucket and the same cache, which hands blobs out itself."""
    with RegistryServer(
        folder,
        driver={"s3": s3.registry_storage(bucket)},
        further={"redirect": {"disable": True}},
        sections={"redis": redis.registry_cache()},
        blob_descriptor_cache="redis",
    ) as server:
        yield server


async def test_two_replicas_share_what_was_pushed_deleted_and_collected(
    tmp_path: Path, s3: S3Server, redis: RedisServer, bucket: str
) -> None:
    with replica(tmp_path / "1", s3, redis, bucket) as first, replica(tmp_path / "2", s3, redis, bucket) as second:
        async with open_session(first) as one, open_session(second) as two:
            gone = await push_image(one, "d/app", "amd64", LAYER, "gone")
            await push_image(one, "d/app", "arm64", b"kept", "kept")
            await pulls_completely(two, "d/app", "gone")
            assert len(LAYER) in s3.keys(bucket).values()
            assert any(key.startswith("blobs::") for key in redis.stored())
            await manifest.delete(two, "d/app", gone.digest)
            with pytest.raises(NotFoundError):
                await manifest.get(one, "d/app", "gone")
            held = s3.keys(bucket)
            first.garbage_collect("--dry-run", "--delete-untagged")
            assert s3.keys(bucket) == held
            first.garbage_collect("--delete-untagged")
            assert len(LAYER) not in s3.keys(bucket).values()
            await pulls_completely(two, "d/app", "kept")
            assert [name async for name in catalog.repositories(two)] == ["d/app"]
            redis.command("FLUSHDB")
            assert not await blob.exists(two, "d/app", gone.blobs[-1].digest)


async def test_every_tag_is_listed(tmp_path: Path, s3: S3Server, redis: RedisServer, bucket: str) -> None:
    wanted = ["1.2.1", "1.2.10", "v1", "v10"]
    with replica(tmp_path, s3, redis, bucket) as server:
        async with open_session(server) as session:
            for label in wanted:
                await push_image(session, "d/tags", "amd64", b"one", label)
            assert [label async for label in tag.tags(session, "d/tags")] == wanted


def test_nodes_reach_both_and_redis_wants_its_password(lab: LabAccess, s3: S3Server, redis: RedisServer) -> None:
    assert "ListAllMyBucketsResult" in lab.run("node-1", f"busybox wget -qO- {s3.url}/").check().stdout
    asked = f"printf 'PING\\r\\nQUIT\\r\\n' | busybox nc -w 60 {redis.host} {redis.port}"
    assert "NOAUTH" in lab.run("node-2", asked).stdout
    assert "NOAUTH" in redis.command("PING", password=f"not {PASSWORD}")
