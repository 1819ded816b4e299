"""Images out of one real registry and into another: digests, indexes and referrers kept, nothing sent twice."""

import asyncio
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.lab.registry_server import ACCOUNT, CURRENT, DEBIAN, PASSWORD, RegistryServer, program
from tests.lab.test_registry_client_real import index_of, open_session, push_blob, push_image
from towpath.images import space
from towpath.images.content import open_content
from towpath.images.errors import InvalidLayoutError, NotEnoughSpaceError
from towpath.images.export import export
from towpath.images.importing import Naming, import_images
from towpath.images.layout import blob_path
from towpath.oci import media_types
from towpath.oci.digest import digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.oci.reference import Reference
from towpath.registry_client import manifest, referrer, tree
from towpath.registry_client.session import RegistrySession


def quiet(done_bytes: int, total_bytes: int) -> None:
    assert 0 <= done_bytes <= total_bytes


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("source")) as running:
        yield running


@pytest.fixture(scope="module", params=[CURRENT, DEBIAN])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("target"), release=request.param) as running:
        yield running


@pytest.fixture
async def reading(source: RegistryServer) -> AsyncIterator[RegistrySession]:
    async with open_session(source) as session:
        yield session


@pytest.fixture
async def writing(target: RegistryServer) -> AsyncIterator[RegistrySession]:
    async with open_session(target) as session:
        yield session


async def sign(session: RegistrySession, repository: str, subject: Manifest, kind: str) -> Manifest:
    empty = await push_blob(session, repository, b"{}", media_types.OCI_EMPTY)
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": kind,
        "config": empty.to_json(),
        "layers": [empty.to_json()],
        "subject": subject.descriptor.to_json(),
    }
    signature = parse_manifest(json.dumps(document).encode())
    await referrer.put(session, repository, signature)
    return signature


async def signed_index(session: RegistrySession, repository: str) -> tuple[Manifest, Manifest, Manifest]:
    """Push an index tagged `1`, with its first image signed, and that signature signed too."""
    children = [
        await push_image(session, repository, name, f"{repository}{name}".encode() * 999) for name in ("amd64", "arm64")
    ]
    outer = index_of(*children)
    await manifest.put(session, repository, outer, "1")
    signature = await sign(session, repository, children[0], "application/vnd.example.signature")
    return outer, children[0], await sign(session, repository, signature, "application/vnd.example.counter")


async def test_indexes_and_signatures_of_signatures_arrive_with_their_digests(
    source: RegistryServer, target: RegistryServer, reading: RegistrySession, writing: RegistrySession, tmp_path: Path
) -> None:
    outer, child, counter = await signed_index(reading, "team/signed")
    done = await export(reading, [Reference(source.host, "team/signed", "1")], tmp_path, quiet)
    assert done.images == 1
    assert done.manifests == 5
    placed = await import_images(writing, open_content(tmp_path), Naming(prefix="mirror/"), quiet)
    assert [(p.reference.repository, p.reference.tag) for p in placed] == [("mirror/team/signed", "1")]
    assert placed[0].sent_bytes > 0
    assert (await manifest.head(writing, "mirror/team/signed", "1")).digest == outer.digest
    (signature,) = await referrer.referrers(writing, "mirror/team/signed", child.digest)
    (found,) = await referrer.referrers(writing, "mirror/team/signed", signature.digest)
    assert found.digest == counter.digest
    top = await manifest.get(writing, "mirror/team/signed", "1")
    assert len([part async for part in tree.tree(writing, "mirror/team/signed", top)]) == 3
    crane_pull(target, "mirror/team/signed:1", tmp_path / "by-crane")


async def test_a_second_run_fetches_and_sends_nothing(
    source: RegistryServer, target: RegistryServer, reading: RegistrySession, writing: RegistrySession, tmp_path: Path
) -> None:
    await push_image(reading, "team/twice", "amd64", b"twice" * 1000, "1")
    references = [Reference(source.host, "team/twice", "1")]
    first = await export(reading, references, tmp_path, quiet)
    index = (tmp_path / "index.json").read_bytes()
    second = await export(reading, references, tmp_path, quiet)
    assert first.fetched_bytes > 0
    assert second.fetched_bytes == 0
    assert (tmp_path / "index.json").read_bytes() == index
    assert [p.sent_bytes > 0 for p in await import_images(writing, open_content(tmp_path), Naming(), quiet)] == [True]
    before = target.state()
    assert [p.sent_bytes for p in await import_images(writing, open_content(tmp_path), Naming(), quiet)] == [0]
    assert target.state() == before


async def test_layers_shared_by_repositories_are_sent_once(
    source: RegistryServer, reading: RegistrySession, writing: RegistrySession, tmp_path: Path
) -> None:
    base = b"shared base" * 10_000
    for name in ("one", "two", "three"):
        await push_image(reading, f"shared/{name}", name, base, "1")
    references = [Reference(source.host, f"shared/{name}", "1") for name in ("one", "two", "three")]
    await export(reading, references, tmp_path, quiet)
    placed = await import_images(writing, open_content(tmp_path), Naming(), quiet)
    assert len(base) < sum(p.sent_bytes for p in placed) < len(base) + 1000


async def test_half_a_blob_of_an_earlier_run_is_gone_on_with_and_a_damaged_half_is_not_used(
    source: RegistryServer, reading: RegistrySession, tmp_path: Path
) -> None:
    content = b"0123456789" * 5000
    image = await push_image(reading, "team/half", "amd64", content, "1")
    references = [Reference(source.host, "team/half", "1")]
    path = tmp_path / blob_path(image.layers[0].digest)
    partial = path.with_name(f"{path.name}.partial")
    path.parent.mkdir(parents=True)
    partial.write_bytes(content[:30_000])
    done = await export(reading, references, tmp_path, quiet)
    assert path.read_bytes() == content
    assert done.fetched_bytes < 25_000
    path.unlink()
    partial.write_bytes(b"x" * 100)
    with pytest.raises(Exception, match="not used"):
        await export(reading, references, tmp_path, quiet)
    assert not partial.exists()
    await export(reading, references, tmp_path, quiet)
    assert path.read_bytes() == content


async def test_nothing_is_written_where_the_disk_is_too_full(
    source: RegistryServer, reading: RegistrySession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await push_image(reading, "team/large", "amd64", b"large" * 1000, "1")
    monkeypatch.setattr(space, "free_bytes", lambda _: space.RESERVE_BYTES + 4000)
    with pytest.raises(NotEnoughSpaceError, match="nothing was written"):
        await export(reading, [Reference(source.host, "team/large", "1")], tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


async def test_a_layout_that_lacks_a_part_sends_nothing(
    source: RegistryServer, reading: RegistrySession, writing: RegistrySession, tmp_path: Path
) -> None:
    outer, child, _ = await signed_index(reading, "team/lacking")
    await export(reading, [Reference(source.host, "team/lacking", "1")], tmp_path, quiet)
    whole = (tmp_path / blob_path(child.digest)).read_bytes()
    (tmp_path / blob_path(child.digest)).write_bytes(whole.replace(b"linux", b"LINUX") + b" ")
    with pytest.raises(InvalidLayoutError, match=str(child.digest).removeprefix("sha256:")):
        await import_images(writing, open_content(tmp_path), Naming(prefix="lacking/"), quiet)
    (tmp_path / blob_path(child.digest)).unlink()
    with pytest.raises(InvalidLayoutError, match="is missing"):
        await import_images(writing, open_content(tmp_path), Naming(prefix="lacking/"), quiet)
    with pytest.raises(Exception, match="404"):
        await manifest.head(writing, "lacking/team/lacking", outer.digest)


def docker_save(path: Path, layers: list[bytes], names: list[str] | None) -> None:
    """Write what `docker save` of releases before 25 writes; the last layer comes as a link to the first."""
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [digest_of(x) for x in layers]},
        }
    ).encode()
    files = {f"{n}/layer.tar": content for n, content in enumerate(layers)}
    document = [{"Config": "config.json", "RepoTags": names, "Layers": [*files]}]
    with tarfile.open(path, "w") as archive:
        for name, content in {**files, "config.json": config, "manifest.json": json.dumps(document).encode()}.items():
            member = tarfile.TarInfo(f"./{name}")
            if name != "0/layer.tar" and content == layers[0]:
                member.type, member.linkname = tarfile.SYMTYPE, "../0/layer.tar"
                archive.addfile(member)
                continue
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


async def test_an_archive_of_docker_save_is_copied_in(
    target: RegistryServer, writing: RegistrySession, tmp_path: Path
) -> None:
    docker_save(tmp_path / "saved.tar", [b"one" * 99, b"two" * 99, b"one" * 99], ["nginx:1.27", "team/web:2"])
    placed = await import_images(writing, open_content(tmp_path / "saved.tar"), Naming(), quiet)
    assert [str(p.reference.repository) for p in placed] == ["library/nginx", "team/web"]
    crane_pull(target, "library/nginx:1.27", tmp_path / "by-crane")
    docker_save(tmp_path / "unnamed.tar", [b"one"], None)
    with pytest.raises(InvalidLayoutError, match="--name"):
        await import_images(writing, open_content(tmp_path / "unnamed.tar"), Naming(), quiet)
    (only,) = await import_images(writing, open_content(tmp_path / "unnamed.tar"), Naming("team/given:3"), quiet)
    assert (only.reference.repository, only.reference.tag) == ("team/given", "3")


async def test_a_layer_that_is_not_what_its_configuration_says_is_refused(
    writing: RegistrySession, tmp_path: Path
) -> None:
    docker_save(tmp_path / "saved.tar", [b"original layer"], ["damaged:1"])
    (tmp_path / "saved.tar").write_bytes((tmp_path / "saved.tar").read_bytes().replace(b"original", b"replaced"))
    with pytest.raises(Exception, match="DIGEST_INVALID"):
        await import_images(writing, open_content(tmp_path / "saved.tar"), Naming(), quiet)


async def several(server: RegistryServer) -> None:
    async with open_session(server) as session:
        await signed_index(session, "team/commands")
        for number in range(5):
            await push_image(session, "team/several", "amd64", bytes([number]) * 1000, f"{number}")


def test_the_commands_export_to_an_archive_and_import_it(
    source: RegistryServer, target: RegistryServer, tmp_path: Path
) -> None:
    asyncio.run(several(source))
    first = towpath(source, "export", str(tmp_path / "all.tar"), "--all")
    assert first.returncode == 0, first.stderr
    again = towpath(source, "export", str(tmp_path / "again.tar"), "--all")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "all.tar").read_bytes() == (tmp_path / "again.tar").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.tar", "all.tar"]
    placed = towpath(target, "import", str(tmp_path / "all.tar"), "--prefix", "copy/")
    assert placed.returncode == 0, placed.stderr
    listed = towpath(target, "list", "-f", "plain", "--repository", "copy/*").stdout.splitlines()
    named = {line.removeprefix(f"{target.host}/") for line in listed if "sha256-" not in line}
    before = {
        line.removeprefix(f"{source.host}/")
        for line in towpath(source, "list", "-f", "plain").stdout.splitlines()
        if "sha256-" not in line
    }
    assert named == {f"copy/{name}" for name in before}
    assert len(named) >= 5
    assert towpath(source, "export", str(tmp_path / "x")).stderr.startswith("towpath: which images?")


def towpath(server: RegistryServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    connection = ["--registry", server.host, "--ca", str(server.folder / "certificate.pem"), "-u", ACCOUNT]
    return subprocess.run(
        [sys.executable, "-m", "towpath", "images", *arguments, *connection, "--password-stdin"],
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=False,
    )


def crane_pull(server: RegistryServer, name: str, folder_to: Path) -> None:
    """Pull with another client, which checks every digest itself."""
    folder = server.folder / "crane"
    env = {"DOCKER_CONFIG": str(folder), "SSL_CERT_FILE": str(server.folder / "certificate.pem"), "PATH": ""}
    crane = str(program("crane"))
    login = [crane, "auth", "login", server.host, "-u", ACCOUNT, "-p", PASSWORD]
    subprocess.run(login, env=env, check=True, capture_output=True)
    pull = [crane, "pull", "--format=oci", f"{server.host}/{name}", str(folder_to)]
    done = subprocess.run(pull, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
