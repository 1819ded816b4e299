"""Images mirrored from one real registry into another, on both releases, as the resource does it."""

import asyncio
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.mirror_pair import Driver, MirrorPair
from tests.lab.registry_server import CURRENT, DEBIAN, RegistryServer
from tests.lab.test_registry_client_copying import crane_pull, docker_save, quiet, sign
from tests.lab.test_registry_client_real import index_of, open_session, push_blob, push_image
from towpath.images.errors import MirrorError
from towpath.images.export import export
from towpath.oci import media_types
from towpath.oci.descriptor import Platform
from towpath.oci.digest import parse_digest
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.oci.reference import Reference
from towpath.registry_client import manifest, referrer, tag
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("source")) as running:
        yield running


@pytest.fixture(scope="module", params=[CURRENT, DEBIAN])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("target"), release=request.param) as running:
        yield running


@pytest.fixture
def pair(source: RegistryServer, target: RegistryServer, tmp_path: Path) -> MirrorPair:
    return MirrorPair(source, target, tmp_path)


def platform_index(*children: tuple[Manifest, str]) -> Manifest:
    """An index whose entries name their platforms."""
    entries = [
        child.descriptor.to_json() | {"platform": {"os": p.os, "architecture": p.architecture}}
        for child, p in ((child, Platform.parse(text)) for child, text in children)
    ]
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
    return parse_manifest(json.dumps(document).encode())


async def push_multi(session: RegistrySession, repository: str, label: str) -> Manifest:
    """Push an index of three platforms and, within another index, a fourth."""
    names = ("amd64", "arm64", "s390x")
    children = [await push_image(session, repository, name, f"{repository}{name}".encode() * 99) for name in names]
    deep = index_of(await push_image(session, repository, "riscv64", b"deep" * 99))
    await manifest.put(session, repository, deep)
    outer = platform_index(*((child, f"linux/{name}") for child, name in zip(children, names, strict=True)))
    document = json.loads(outer.body)
    document["manifests"].append(deep.descriptor.to_json())
    whole = parse_manifest(json.dumps(document).encode())
    await manifest.put(session, repository, whole, label)
    return whole


async def push_cosign(session: RegistrySession, repository: str, subject: Manifest) -> Manifest:
    """Push what `cosign sign` pushes: an image under a tag made of the digest."""
    return await push_image(session, repository, "", b"signed", subject.digest.replace(":", "-") + ".sig")


def run(server: RegistryServer, work: Any) -> Any:
    async def opened() -> Any:
        async with open_session(server) as session:
            return await work(session)

    return asyncio.run(opened())


def up(pair: MirrorPair, driver: Driver, *images: dict[str, Any]) -> dict[str, str]:
    return driver.up(pair.inputs(asyncio.run(pair.resolved(*images))))


def head(server: RegistryServer, repository: str, locator: str) -> str:
    return str(run(server, lambda session: manifest.head(session, repository, locator)).digest)


def test_a_whole_index_comes_with_its_digest_and_a_second_run_asks_nothing_of_the_upstream(
    pair: MirrorPair, tmp_path: Path
) -> None:
    whole = run(pair.source, lambda session: push_multi(session, "team/whole", "1"))
    driver, wanted = Driver(), {"from": "up/team/whole:1", "to": "copy/whole"}
    assert up(pair, driver, wanted) == {"copy/whole:1": whole.digest}
    crane_pull(pair.target, "copy/whole:1", tmp_path / "by-crane")
    before = pair.target.state()
    again = pair.inputs(asyncio.run(pair.resolved(wanted)))
    assert driver.preview(again)[1] is False
    Driver().up(again)
    assert pair.target.state() == before


def test_signatures_their_signatures_and_cosigns_come_along(pair: MirrorPair) -> None:
    async def push(session: RegistrySession) -> tuple[Manifest, Manifest, Manifest, Manifest]:
        whole = await push_multi(session, "team/signed", "1")
        child = await manifest.get(session, "team/signed", whole.manifests[0].digest)
        first = await sign(session, "team/signed", child, "application/vnd.example.sbom")
        second = await sign(session, "team/signed", first, "application/vnd.example.signature")
        return child, first, second, await push_cosign(session, "team/signed", whole)

    child, first, second, cosigned = run(pair.source, push)
    wanted = {"from": "up/team/signed:1", "to": "copy/signed", "referrers": True}
    (resolved,) = asyncio.run(pair.resolved(wanted))
    assert resolved.referring is not None
    assert [entry.split()[0].rpartition(".")[2] for entry in resolved.referring] == ["sbom", "sig"]
    Driver().up(pair.inputs([resolved]))

    async def look(session: RegistrySession) -> list[str]:
        (one,) = await referrer.referrers(session, "copy/signed", child.digest)
        (two,) = await referrer.referrers(session, "copy/signed", one.digest)
        tags = [name async for name in tag.tags(session, "copy/signed") if name.endswith(".sig")]
        return [one.digest, two.digest, (await manifest.head(session, "copy/signed", tags[0])).digest]

    assert run(pair.target, look) == [first.digest, second.digest, cosigned.digest]


def test_two_tags_of_one_image_bring_every_signature_once(pair: MirrorPair) -> None:
    async def push(session: RegistrySession) -> tuple[Manifest, set[str]]:
        image = await push_image(session, "team/twins", "amd64", b"twins", "a")
        await manifest.put(session, "team/twins", image, "b")
        kinds = [f"application/vnd.example.n{number}" for number in range(4)]
        return image, {(await sign(session, "team/twins", image, kind)).digest for kind in kinds}

    image, signatures = run(pair.source, push)
    up(pair, Driver(), *({"from": f"up/team/twins:{label}", "referrers": True} for label in "ab"))
    found = run(pair.target, lambda session: referrer.referrers(session, "team/twins", image.digest))
    assert {entry.digest for entry in found} == signatures
    assert len(found) == 4
    assert head(pair.target, "team/twins", "a") == head(pair.target, "team/twins", "b") == image.digest


def test_without_referrers_none_is_copied(pair: MirrorPair) -> None:
    async def push(session: RegistrySession) -> Manifest:
        image = await push_image(session, "team/unsigned", "amd64", b"unsigned", "1")
        await sign(session, "team/unsigned", image, "application/vnd.example.signature")
        return image

    image = run(pair.source, push)
    up(pair, Driver(), {"from": "up/team/unsigned:1"})
    assert run(pair.target, lambda session: referrer.referrers(session, "team/unsigned", image.digest)) == ()


def test_one_platform_keeps_its_digest_and_several_keep_those_of_their_images(pair: MirrorPair) -> None:
    whole = run(pair.source, lambda session: push_multi(session, "team/platforms", "1"))
    by_platform = {str(entry.platform): entry.digest for entry in whole.manifests if entry.platform}
    placed = up(
        pair,
        Driver(),
        {"from": "up/team/platforms:1", "to": "one/platform:1", "platforms": ["linux/arm64"]},
        {"from": "up/team/platforms:1", "to": "two/platforms:1", "platforms": ["linux/amd64", "linux/s390x"]},
    )
    assert placed["one/platform:1"] == by_platform["linux/arm64"]
    top = run(pair.target, lambda session: manifest.get(session, "two/platforms", "1"))
    assert [entry.digest for entry in top.manifests] == [by_platform["linux/amd64"], by_platform["linux/s390x"]]
    assert placed["two/platforms:1"] == top.digest != whole.digest
    with pytest.raises(NotFoundError):
        head(pair.target, "two/platforms", by_platform["linux/arm64"])
    (absent,) = asyncio.run(pair.resolved({"from": "up/team/platforms:1", "platforms": ["linux/ppc64le"]}))
    assert "has no image for linux/ppc64le; it has linux/amd64, linux/arm64, linux/s390x" in absent.problem


def test_layers_that_another_repository_has_are_mounted_and_not_sent(
    pair: MirrorPair, capsys: pytest.CaptureFixture[str]
) -> None:
    base = b"a base that many share" * 50_000

    async def push(session: RegistrySession) -> None:
        for name in ("one", "two", "three"):
            await push_image(session, f"mounts/{name}", name, base, "1")

    run(pair.source, push)
    driver = Driver()
    up(pair, driver, {"from": "up/mounts/one:1"})
    capsys.readouterr()
    up(pair, driver, *({"from": f"up/mounts/{name}:1"} for name in ("one", "two", "three")))
    assert "2 of 2 images copied" in (said := capsys.readouterr().err)
    assert "bytes sent" in said  # two configurations: far under a kilobyte
    assert up(pair, Driver(), {"from": "up/mounts/two:1", "to": "elsewhere/two"})


def test_a_tag_that_moved_shows_both_digests_and_a_pinned_one_stays(
    pair: MirrorPair, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(pair.source, lambda session: push_image(session, "team/moving", "amd64", b"first", "1"))
    wanted = ({"from": "up/team/moving:1", "to": "m/free"}, {"from": "up/team/moving:1", "to": "m/kept", "pin": True})
    driver = Driver()
    up(pair, driver, *wanted)
    second = run(pair.source, lambda session: push_image(session, "team/moving", "amd64", b"second", "1"))
    inputs, changed = driver.preview(pair.inputs(asyncio.run(pair.resolved(*wanted))))
    assert changed
    assert driver.inputs is not None
    assert driver.inputs["images"]["m/free:1"]["digest"] == first.digest
    assert inputs["images"]["m/free:1"]["digest"] == second.digest
    assert inputs["images"]["m/kept:1"]["digest"] == first.digest
    assert f"m/kept:1 stays at {first.digest}, as it is pinned" in capsys.readouterr().err
    assert up(pair, driver, *wanted) == {"m/free:1": second.digest, "m/kept:1": first.digest}
    assert head(pair.target, "m/free", "1") == second.digest


def test_a_digest_in_the_settings_decides_and_its_tag_is_only_told(pair: MirrorPair) -> None:
    first = run(pair.source, lambda session: push_image(session, "team/fixed", "amd64", b"first", "1"))
    wanted = {"from": f"up/team/fixed:1@{first.digest}"}
    assert asyncio.run(pair.resolved(wanted))[0].note == ""
    second = run(pair.source, lambda session: push_image(session, "team/fixed", "amd64", b"second", "1"))
    (found,) = asyncio.run(pair.resolved(wanted))
    assert f"team/fixed:1 is {second.digest} now; team/fixed:1 stays at {first.digest}" in found.note
    assert Driver().up(pair.inputs([found])) == {"team/fixed:1": first.digest}
    run(pair.source, lambda session: manifest.delete(session, "team/fixed", second.digest))
    (gone,) = asyncio.run(pair.resolved(wanted))
    assert "is gone; team/fixed:1 stays" in gone.note
    assert not gone.problem


def test_what_was_deleted_or_moved_here_is_found_and_copied_again(pair: MirrorPair) -> None:
    whole = run(pair.source, lambda session: push_multi(session, "team/drift", "1"))
    wanted = [{"from": "up/team/drift:1", "to": f"drift/{name}"} for name in ("gone", "moved", "holed", "kept")]
    driver = Driver()
    placed = up(pair, driver, *wanted)
    assert driver.refresh() == {}

    async def meddle(session: RegistrySession) -> Manifest:
        await manifest.delete(session, "drift/gone", whole.digest)
        await manifest.delete(session, "drift/holed", whole.manifests[1].digest)
        return await push_image(session, "drift/moved", "amd64", b"foreign", "1")

    foreign = run(pair.target, meddle)
    found = driver.refresh()
    assert found == {
        "drift/gone:1": "is missing",
        "drift/holed:1": f"lacks linux/arm64 {whole.manifests[1].digest}",
        "drift/moved:1": f"its tag is at {foreign.digest}",
    }
    assert driver.preview(pair.inputs(asyncio.run(pair.resolved(*wanted))))[1]
    assert up(pair, driver, *wanted) == placed
    assert driver.refresh() == {}


def test_a_choice_of_tags_follows_new_versions(pair: MirrorPair) -> None:
    async def push(session: RegistrySession, *labels: str) -> None:
        for label in labels:
            await push_image(session, repository, "amd64", label.encode(), label)

    repository = f"team/versions-{pair.target.release}"
    run(pair.source, lambda session: push(session, "1.0.0", "1.1.0", "1.2.0-rc.1", "2.0.0", "latest"))
    wanted = {"from": f"up/{repository}", "to": "v", "tags": {"semver": "^1.0.0", "newest": 2, "names": ["lat*"]}}
    driver = Driver()
    assert sorted(up(pair, driver, wanted)) == ["v:1.0.0", "v:1.1.0"]
    run(pair.source, lambda session: push(session, "1.2.0"))
    assert sorted(up(pair, driver, wanted)) == ["v:1.1.0", "v:1.2.0"]
    assert head(pair.target, "v", "1.0.0")


def test_layouts_and_archives_are_copied_in_and_the_same_file_is_no_change(pair: MirrorPair, tmp_path: Path) -> None:
    whole = run(pair.source, lambda session: push_multi(session, "team/filed", "3"))
    reference = Reference(pair.source.host, "team/filed", "3")
    run(pair.source, lambda session: export(session, [reference], tmp_path / "layout", quiet))
    with tarfile.open(tmp_path / "layout.tar", "w") as archive:
        archive.add(tmp_path / "layout", ".")
    docker_save(tmp_path / "saved.tar", [b"one" * 99, b"two" * 99], ["web:2", "team/other:1"])
    wanted = (
        {"from": f"{tmp_path}/layout"},
        {"from": f"{tmp_path}/layout.tar", "to": "file/tar"},
        {"from": f"{tmp_path}/saved.tar", "image": "library/web:2", "to": "file/web"},
    )
    driver = Driver()
    inputs = pair.inputs(asyncio.run(pair.resolved(*wanted)))
    placed = driver.up(inputs)
    assert placed["team/filed:3"] == placed["file/tar:3"] == whole.digest
    assert head(pair.target, "file/web", "2") == placed["file/web:2"]
    assert driver.preview(pair.inputs(asyncio.run(pair.resolved(*wanted))))[1] is False
    (unknown,) = asyncio.run(pair.resolved({"from": f"{tmp_path}/saved.tar", "image": "no:1"}))
    assert "has no image no:1; it has" in unknown.problem
    (absent,) = asyncio.run(pair.resolved({"from": f"{tmp_path}/absent.tar"}))
    assert "there is no such file" in absent.problem


def test_other_credentials_alone_do_no_work(pair: MirrorPair) -> None:
    run(pair.source, lambda session: push_image(session, "team/quiet", "amd64", b"quiet", "1"))
    driver, images = Driver(), asyncio.run(pair.resolved({"from": "up/team/quiet:1"}))
    driver.up(pair.inputs(images))
    pair.password = "a password that the registry does not know"
    inputs = pair.inputs(images)
    assert driver.preview(inputs)[1] is True
    driver.up(inputs)
    assert driver.outputs is not None
    assert driver.outputs["access"]["password"] == pair.password


def test_an_image_that_its_source_lost_is_named_and_the_others_are_copied(pair: MirrorPair) -> None:
    async def push(session: RegistrySession) -> Manifest:
        await push_image(session, "team/lost", "amd64", b"lost", "1")
        return await push_image(session, "team/found", "amd64", b"found", "1")

    found = run(pair.source, push)
    images = asyncio.run(pair.resolved({"from": "up/team/lost:1"}, {"from": "up/team/found:1"}))
    lost = next(image.digest for image in images if image.target == "team/lost:1")
    run(pair.source, lambda session: manifest.delete(session, "team/lost", parse_digest(lost)))
    with pytest.raises(MirrorError, match=r"1 of 2 images could not be copied in(?s:.*)team/lost:1 from .*404"):
        Driver().up(pair.inputs(images))
    assert head(pair.target, "team/found", "1") == found.digest


def test_blobs_with_an_empty_layer_list_come_too(pair: MirrorPair) -> None:
    async def push(session: RegistrySession) -> Manifest:
        config = await push_blob(session, "team/empty", b"{}", media_types.OCI_EMPTY)
        document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": config.to_json(), "layers": []}
        artifact = parse_manifest(json.dumps(document).encode())
        await manifest.put(session, "team/empty", artifact, "1")
        return artifact

    artifact = run(pair.source, push)
    assert up(pair, Driver(), {"from": "up/team/empty:1"}) == {"team/empty:1": artifact.digest}
