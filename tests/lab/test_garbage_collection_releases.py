"""A collection on real servers of both releases: what the stock recipe loses, and what ours must not."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.process_site import ProcessSite, access_to, blob_bytes
from tests.lab.registry_server import CURRENT, DEBIAN, RegistryServer
from tests.lab.test_registry_client_collection import fill, pulls_completely
from tests.lab.test_registry_client_real import open_session, push_blob, push_image
from towpath.images.collection.canary import DIGESTS
from towpath.images.collection.collect import Collected, collect, foresee
from towpath.images.collection.errors import CollectionError
from towpath.oci import media_types
from towpath.registry_client import catalog, manifest, tag
from towpath.registry_client.errors import NotFoundError, ReadOnlyError, RegistryError, UnreachableError

CANARY = "towpath/canary"
LAYER = b"layer" * 1000


@pytest.fixture(params=[CURRENT, DEBIAN])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path, release=request.param) as running:
        yield running


async def collected(site: ProcessSite) -> Collected:
    return await collect(access_to(site.server), site, CANARY, lambda _: None)


async def push_and_delete(server: RegistryServer) -> None:
    async with open_session(server) as session:
        image = await push_image(session, "app", "amd64", LAYER, "1")
        await push_image(session, "app", "arm64", b"kept", "2")
        await manifest.delete(session, "app", image.digest)


async def push_again(server: RegistryServer) -> None:
    async with open_session(server) as session:
        await push_image(session, "app", "amd64", LAYER, "1")
        await pulls_completely(session, "app", "1")


async def test_the_stock_recipe_loses_what_is_pushed_again(server: RegistryServer) -> None:
    await push_and_delete(server)
    server.garbage_collect()
    async with open_session(server) as session:
        await push_image(session, "app", "amd64", LAYER, "1")
        # 2.8.2 has lost the manifest; 3.1.2 promises a layer, and ends before its first byte.
        with pytest.raises((NotFoundError, UnreachableError)):
            await pulls_completely(session, "app", "1")


async def test_ours_loses_nothing_and_says_what_it_freed(server: RegistryServer) -> None:
    await push_and_delete(server)
    before = blob_bytes(server)
    done = await collected(ProcessSite(server))
    await push_again(server)
    assert done.blobs == 3
    assert done.bytes_before == before
    assert done.bytes_after is not None
    assert before - done.bytes_after > len(LAYER)
    assert done.down_seconds <= done.read_only_seconds
    assert not (server.folder / "config.yml").read_text().count("readonly")


async def test_the_second_collection_sweeps_the_first_ones_canary_and_pushes_it_again(server: RegistryServer) -> None:
    for _ in range(2):
        await push_and_delete(server)
        done = await collected(ProcessSite(server))
    assert done.blobs == 3 + len(DIGESTS)
    await push_again(server)


async def test_with_nothing_to_free_the_registry_is_not_touched(server: RegistryServer) -> None:
    await push_and_delete(server)
    await collected(ProcessSite(server))
    before = server.state()
    site = ProcessSite(server)
    done = await collected(site)
    assert not done.touched
    assert site.steps == ["dry_run"]
    assert server.state() == before


async def test_an_empty_registry_has_nothing_to_free(server: RegistryServer) -> None:
    assert not (await collected(ProcessSite(server))).touched


async def test_a_dry_run_names_what_would_go_and_leaves_the_storage_byte_identical(server: RegistryServer) -> None:
    await push_and_delete(server)
    before = server.state()
    site = ProcessSite(server)
    done = await foresee(access_to(server), site, CANARY, lambda _: None)
    assert done.lines == ("would sweep: 3 blobs, 0 manifests",)
    assert site.steps == ["dry_run"]
    assert server.state() == before


async def test_a_push_meanwhile_is_refused_whole_and_can_be_made_afterwards(server: RegistryServer) -> None:
    """Its layer arrived before and is swept, since no manifest names it yet; then the push says so and starts anew."""
    await push_and_delete(server)
    async with open_session(server) as session:
        layer = await push_blob(session, "app", b"in flight" * 500, media_types.OCI_LAYER)

    async def pushing() -> None:
        async with open_session(server) as session:
            await push_image(session, "app", "late", b"in flight" * 500, "3")

    refused: list[RegistryError] = []

    def try_now() -> None:
        with pytest.raises(ReadOnlyError) as caught:
            asyncio.run(pushing())
        refused.append(caught.value)

    await collected(ProcessSite(server, {"collect": lambda: loop_free(try_now)}))
    assert len(refused) == 1
    assert not (server.storage / f"docker/registry/v2/blobs/sha256/{layer.digest[7:9]}/{layer.digest[7:]}").exists()
    await pushing()
    async with open_session(server) as session:
        await pulls_completely(session, "app", "3")


def loop_free(work: Callable[[], None]) -> None:
    """Run what has an event loop of its own while another one waits for it."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("label", ["1", None])
async def test_a_repository_that_cannot_be_read_is_named_before_anything_is_touched(
    server: RegistryServer, label: str | None
) -> None:
    """A manifest without a tag is seen by the collector alone, which ends over it (distribution issue 1640)."""
    async with open_session(server) as session:
        await fill(session)
        broken = await push_image(session, "broken", "amd64", LAYER, label)
    await push_and_delete(server)
    data = server.storage / f"docker/registry/v2/blobs/sha256/{broken.digest[7:9]}/{broken.digest[7:]}/data"
    data.write_bytes(b"not a manifest")
    site = ProcessSite(server)
    with pytest.raises(CollectionError, match=r"broken.*nothing was touched"):
        await collected(site)
    assert "freeze" not in site.steps


@pytest.mark.parametrize("step", ["freeze", "collect", "thaw"])
async def test_a_registry_killed_in_the_middle_serves_again_and_has_what_is_kept(
    server: RegistryServer, step: str
) -> None:
    async with open_session(server) as session:
        await fill(session)
    await push_and_delete(server)
    times = iter([1])

    def kill() -> None:
        server.stop()
        if next(times, 0):
            raise RuntimeError("it was killed")

    with pytest.raises(CollectionError, match="it was killed"):
        await collected(ProcessSite(server, {step: kill}))
    async with open_session(server) as session:
        assert CANARY in [name async for name in catalog.repositories(session)]
        for repository in ("team/app", "other", "app"):
            for label in [name async for name in tag.tags(session, repository)]:
                await pulls_completely(session, repository, label)
    assert (await collected(ProcessSite(server))).lines
    await push_again(server)


async def test_what_is_kept_and_would_be_swept_stops_it_before_anything_is_touched(server: RegistryServer) -> None:
    """As releases 2.x do with `--delete-untagged` to the children of an index."""
    await push_and_delete(server)
    async with open_session(server) as session:
        kept = await manifest.get(session, "app", "2")
    site = ProcessSite(server)

    async def lying() -> str:
        site.steps.append("dry_run")
        counts = "1 blobs marked, 1 blobs and 0 manifests eligible for deletion"
        return f"blob eligible for deletion: {kept.blobs[0].digest}\n{counts}\n"

    site.dry_run = lying  # type: ignore[method-assign]
    with pytest.raises(CollectionError, match="app:2"):
        await collected(site)
    assert site.steps == ["dry_run"]
