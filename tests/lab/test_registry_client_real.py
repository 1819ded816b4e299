"""The registry client against real servers: what only they can show is what they really answer."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.registry_server import ACCOUNT, CURRENT, DEBIAN, PASSWORD, RegistryServer, free_port, write_certificate
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.oci.errors import DigestMismatchError
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import blob, catalog, manifest, referrer, tag, tree, upload
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.errors import (
    DeleteDisabledError,
    NotFoundError,
    ReadOnlyError,
    UnauthorizedError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import RegistrySession

NO_WAIT = Retry(attempts=2, first_wait_seconds=0.01)


@pytest.fixture(scope="module", params=[CURRENT, DEBIAN])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("registry"), release=request.param) as running:
        yield running


@pytest.fixture
async def session(server: RegistryServer) -> AsyncIterator[RegistrySession]:
    async with open_session(server) as opened:
        yield opened


def open_session(server: RegistryServer, password: str = PASSWORD, ca_pem: str | None = None) -> RegistrySession:
    endpoint = Endpoint(server.host, ca_pem=server.ca_pem if ca_pem is None else ca_pem)
    return RegistrySession(endpoint, Credentials(ACCOUNT, password), retry=NO_WAIT)


async def push_blob(session: RegistrySession, repository: str, content: bytes, media_type: str) -> Descriptor:
    descriptor = Descriptor(media_type, digest_of(content), len(content))

    async def source(offset: int) -> AsyncIterator[bytes]:
        yield content[offset:]

    await upload.push(session, repository, descriptor, source)
    return descriptor


async def push_image(
    session: RegistrySession, repository: str, name: str, layer: bytes, at: str | None = None
) -> Manifest:
    config = json.dumps({"os": "linux", "architecture": name, "created": "2026-01-02T03:04:05Z"}).encode()
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": (await push_blob(session, repository, config, media_types.OCI_CONFIG)).to_json(),
        "layers": [(await push_blob(session, repository, layer, media_types.OCI_LAYER)).to_json()],
    }
    image = parse_manifest(json.dumps(document).encode())
    await manifest.put(session, repository, image, at)
    return image


def index_of(*children: Manifest) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [child.descriptor.to_json() | {"annotations": {"n": str(n)}} for n, child in enumerate(children)],
    }
    return parse_manifest(json.dumps(document).encode())


async def test_an_image_pushed_is_listed_resolved_and_read_back(session: RegistrySession) -> None:
    image = await push_image(session, "team/app", "amd64", b"layer" * 1000, "1.0")
    assert "team/app" in [name async for name in catalog.repositories(session)]
    assert [name async for name in tag.tags(session, "team/app")] == ["1.0"]
    assert (await manifest.head(session, "team/app", "1.0")) == image.descriptor
    assert (await manifest.get(session, "team/app", "1.0")).body == image.body
    pieces = [piece async for piece in blob.read(session, "team/app", image.layers[0])]
    assert b"".join(pieces) == b"layer" * 1000


async def test_a_tag_of_an_index_resolves_to_the_index_and_its_tree_is_whole(session: RegistrySession) -> None:
    children = [await push_image(session, "team/multi", name, name.encode()) for name in ("amd64", "arm64")]
    inner, outer = index_of(*children), None
    await manifest.put(session, "team/multi", inner)
    outer = index_of(inner, children[0])
    await manifest.put(session, "team/multi", outer, "latest")
    assert (await manifest.head(session, "team/multi", "latest")).digest == outer.digest
    top = await manifest.get(session, "team/multi", "latest")
    found = [part.digest async for part in tree.tree(session, "team/multi", top)]
    assert found[0] == outer.digest
    assert set(found) == {outer.digest, inner.digest, children[0].digest, children[1].digest}
    assert len(found) == 4


async def test_a_blob_in_many_chunks_arrives_whole(session: RegistrySession) -> None:
    content = bytes(range(256)) * 5000
    descriptor = Descriptor(media_types.OCI_LAYER, digest_of(content), len(content))

    async def source(offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, len(content), 10_007):
            yield content[start : start + 10_007]

    sent = await upload.push(session, "team/chunks", descriptor, source, chunk_bytes=100_000)
    assert sent == len(content)
    assert await upload.push(session, "team/chunks", descriptor, source) == 0
    pieces = [piece async for piece in blob.read(session, "team/chunks", descriptor)]
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == descriptor.digest.removeprefix("sha256:")
    rest = [piece async for piece in blob.read_from(session, "team/chunks", descriptor, 1_000_000)]
    assert b"".join(rest) == content[1_000_000:]


async def test_an_upload_that_broke_off_goes_on_where_it_was(session: RegistrySession) -> None:
    content = b"0123456789" * 50_000
    begun = await upload.begin(session, "team/resumed")
    begun = await upload.send_chunk(session, begun, content[:200_000])
    asked = await upload.status(session, begun)
    assert asked.offset == 200_000
    descriptor = Descriptor(media_types.OCI_LAYER, digest_of(content), len(content))
    await upload.finish(session, asked, descriptor, content[200_000:])
    assert await blob.exists(session, "team/resumed", descriptor.digest)


async def test_a_blob_is_mounted_from_another_repository_without_sending_it(session: RegistrySession) -> None:
    content = b"shared" * 1000
    descriptor = await push_blob(session, "team/from", content, media_types.OCI_LAYER)

    async def source(offset: int) -> AsyncIterator[bytes]:
        raise AssertionError("nothing is to be sent")
        yield b""

    assert not await blob.exists(session, "team/to", descriptor.digest)
    assert await upload.push(session, "team/to", descriptor, source, mount_from=["team/none", "team/from"]) == 0
    assert await blob.exists(session, "team/to", descriptor.digest)


async def test_content_that_is_not_what_its_digest_says_is_refused(session: RegistrySession) -> None:
    wrong = Descriptor(media_types.OCI_LAYER, digest_of(b"something else"), 4)

    async def source(offset: int) -> AsyncIterator[bytes]:
        yield b"four"[offset:]

    with pytest.raises(Exception, match="DIGEST_INVALID"):
        await upload.push(session, "team/wrong", wrong, source)
    assert not await blob.exists(session, "team/wrong", wrong.digest)


async def test_deleting_a_manifest_takes_all_its_tags(session: RegistrySession) -> None:
    image = await push_image(session, "team/gone", "amd64", b"gone", "a")
    await manifest.put(session, "team/gone", image, "b")
    await manifest.delete(session, "team/gone", image.digest)
    with pytest.raises(NotFoundError, match=r"manifest team/gone:a: 404.*MANIFEST_UNKNOWN|manifest team/gone:a"):
        await manifest.get(session, "team/gone", "a")
    with pytest.raises(NotFoundError):
        await manifest.head(session, "team/gone", "b")
    assert [name async for name in tag.tags(session, "team/gone")] == []


async def test_removing_a_tag_leaves_its_manifest_and_its_other_tags(session: RegistrySession) -> None:
    image = await push_image(session, "team/untag", "amd64", b"untag", "old")
    await manifest.put(session, "team/untag", image, "new")
    await tag.delete(session, "team/untag", "old")
    assert [name async for name in tag.tags(session, "team/untag")] == ["new"]
    assert (await manifest.get(session, "team/untag", "new")).body == image.body
    assert (await manifest.get(session, "team/untag", image.digest)).body == image.body


async def test_referrers_are_listed_though_the_registry_has_no_call_for_it(session: RegistrySession) -> None:
    image = await push_image(session, "team/signed", "amd64", b"signed", "1")
    assert await referrer.referrers(session, "team/signed", image.digest) == ()
    empty = await push_blob(session, "team/signed", b"{}", media_types.OCI_EMPTY)
    referring = []
    for kind in ("application/vnd.example.signature", "application/vnd.example.sbom"):
        document = {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "artifactType": kind,
            "config": empty.to_json(),
            "layers": [empty.to_json()],
            "subject": image.descriptor.to_json(),
        }
        signature = parse_manifest(json.dumps(document).encode())
        await referrer.put(session, "team/signed", signature)
        await referrer.put(session, "team/signed", signature)
        referring.append((signature.digest, kind))
    found = await referrer.referrers(session, "team/signed", image.digest)
    assert [(entry.digest, entry.artifact_type) for entry in found] == referring


async def test_nothing_there_is_not_found_and_an_absent_repository_too(session: RegistrySession) -> None:
    for repository, locator in (("team/app", "none"), ("no/such", "1"), ("no/such", digest_of(b""))):
        with pytest.raises(NotFoundError):
            await manifest.head(session, repository, locator)
    with pytest.raises(NotFoundError):
        _ = [name async for name in tag.tags(session, "no/such")]


async def test_a_wrong_password_is_unauthorized_and_not_shown(server: RegistryServer) -> None:
    async with open_session(server, password="not-the-password") as session:
        with pytest.raises(UnauthorizedError) as caught:
            await manifest.head(session, "team/app", "1.0")
    assert "not-the-password" not in str(caught.value)
    assert server.host in str(caught.value)


async def test_another_ca_is_refused_at_once(server: RegistryServer, tmp_path: Path) -> None:
    write_certificate(tmp_path)
    async with open_session(server, ca_pem=(tmp_path / "certificate.pem").read_text()) as session:
        with pytest.raises(UntrustedCertificateError, match="give the CA that signed it"):
            await catalog.ping(session)


async def test_a_registry_that_is_not_there_is_unreachable(server: RegistryServer) -> None:
    endpoint = Endpoint(f"127.0.0.1:{free_port()}", ca_pem=server.ca_pem)
    async with RegistrySession(endpoint, retry=NO_WAIT) as session:
        with pytest.raises(UnreachableError, match="check the address"):
            await catalog.ping(session)


async def test_the_certificate_is_checked_against_the_registry_when_another_address_is_dialled(
    server: RegistryServer,
) -> None:
    for name, fits in (("localhost:6000", True), ("registry.example.com", False)):
        endpoint = Endpoint(name, ca_pem=server.ca_pem, connect_to=("127.0.0.1", server.port))
        async with RegistrySession(endpoint, Credentials(ACCOUNT, PASSWORD), retry=NO_WAIT) as session:
            if fits:
                await push_image(session, "team/tunnel", "amd64", b"through a tunnel", "1")
                assert [name async for name in tag.tags(session, "team/tunnel")] == ["1"]
            else:
                with pytest.raises(UntrustedCertificateError):
                    await catalog.ping(session)


@pytest.mark.parametrize("release", [CURRENT, DEBIAN])
async def test_where_deletion_is_disabled_nothing_changes_not_even_a_tag(tmp_path: Path, release: str) -> None:
    with RegistryServer(tmp_path, release=release, delete_enabled=False) as server:
        async with open_session(server) as session:
            image = await push_image(session, "team/kept", "amd64", b"kept", "1")
            before = server.state()
            with pytest.raises(DeleteDisabledError):
                await manifest.delete(session, "team/kept", image.digest)
            with pytest.raises(DeleteDisabledError):
                await tag.delete(session, "team/kept", "1")
            assert (await manifest.head(session, "team/kept", "1")).digest == image.digest
            assert server.state() == before


@pytest.mark.parametrize("release", [CURRENT, DEBIAN])
async def test_in_read_only_mode_reads_work_and_writes_are_read_only_errors(tmp_path: Path, release: str) -> None:
    read_only = {"maintenance": {"readonly": {"enabled": True}}}
    with RegistryServer(tmp_path, release=release, further=read_only) as server:
        async with open_session(server) as session:
            await catalog.ping(session)
            with pytest.raises(ReadOnlyError):
                await upload.begin(session, "team/app")


async def test_many_pages_are_followed(tmp_path: Path) -> None:
    """Over 1000 tags, the largest page, on a server whose tags are files: each is one more `link` file."""
    with RegistryServer(tmp_path) as server:
        async with open_session(server) as session:
            image = await push_image(session, "team/many", "amd64", b"many", "t0000")
            tags_folder = server.storage / "docker/registry/v2/repositories/team/many/_manifests/tags"
            for number in range(1, 2345):
                current = tags_folder / f"t{number:04}" / "current"
                current.mkdir(parents=True)
                (current / "link").write_text(image.digest)
            names = [name async for name in tag.tags(session, "team/many")]
    assert names == [f"t{number:04}" for number in range(2345)]


async def test_a_damaged_blob_on_disk_is_found_when_read(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        async with open_session(server) as session:
            image = await push_image(session, "team/damaged", "amd64", b"good bytes", "1")
            encoded = image.layers[0].digest.removeprefix("sha256:")
            data = server.storage / "docker/registry/v2/blobs/sha256" / encoded[:2] / encoded / "data"
            data.write_bytes(b"bad  bytes")
            with pytest.raises(DigestMismatchError, match="not used"):
                _ = [piece async for piece in blob.read(session, "team/damaged", image.layers[0])]
