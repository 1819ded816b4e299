"""Layouts and archives that do not hold together, and names in them."""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from towpath.images import space
from towpath.images.content import open_content
from towpath.images.errors import InvalidLayoutError, NotEnoughSpaceError
from towpath.images.layout import check_layout, compose_index, entry, merged, parse_index
from towpath.images.layout_folder import LayoutFolder
from towpath.images.store import FolderStore, TarStore, pieces
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.reference import Reference

ONE = Descriptor(media_types.OCI_INDEX, digest_of(b"1"), 1)
TWO = Descriptor(media_types.OCI_INDEX, digest_of(b"2"), 1)


def annotated(**names: str) -> bytes:
    keys = {"ref": "org.opencontainers.image.ref.name", "image": "io.containerd.image.name"}
    document = ONE.to_json() | {"annotations": {keys[key]: value for key, value in names.items()}}
    return json.dumps({"schemaVersion": 2, "manifests": [document]}).encode()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, (None, None)),
        ({"ref": "1.0"}, (None, "1.0")),
        ({"ref": "team/app:1.0"}, ("team/app", "1.0")),
        ({"ref": "registry.test:6000/team/app:1.0"}, ("team/app", "1.0")),
        ({"ref": f"team/app@{ONE.digest}"}, ("team/app", None)),
        ({"ref": "1.0", "image": "docker.io/library/nginx:1.0"}, ("library/nginx", "1.0")),
    ],
)
def test_names_are_read_however_a_tool_wrote_them(names: dict[str, str], expected: tuple[str, str]) -> None:
    (named,) = parse_index(annotated(**names))
    assert (named.repository, named.tag) == expected


def test_a_name_that_is_written_is_read_back() -> None:
    for reference in (Reference("r.test:6000", "team/app", "1"), Reference("r.test", "team/app", None, ONE.digest)):
        (named,) = parse_index(compose_index([entry(ONE, reference)]))
        assert (named.repository, named.tag) == (reference.repository, reference.tag)


def test_a_moved_tag_takes_its_name_along_and_others_stay() -> None:
    app, tool = Reference("r.test", "app", "1"), Reference("r.test", "tool", "1")
    old = parse_index(compose_index([entry(ONE, app), entry(ONE, tool), ONE]))
    new = merged(old, [entry(TWO, app), ONE])
    assert {(named.repository, named.descriptor.digest) for named in parse_index(compose_index(new))} == {
        ("app", TWO.digest),
        ("tool", ONE.digest),
        (None, ONE.digest),
    }
    assert compose_index(merged(parse_index(compose_index(new)), new)) == compose_index(new)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"manifests": 5}', b'{"manifests": [{}]}', annotated(image="A B")]
)
def test_an_index_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidLayoutError, match=r"index\.json"):
        parse_index(body)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"imageLayoutVersion": "2.0.0"}', b'{"imageLayoutVersion": 1}'])
def test_another_layout_version_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidLayoutError, match="oci-layout"):
        check_layout(body)


def test_what_is_neither_layout_nor_archive_is_said_to_be_neither(tmp_path: Path) -> None:
    with pytest.raises(InvalidLayoutError, match="neither"):
        open_content(tmp_path)
    with pytest.raises(InvalidLayoutError, match="no such file"):
        open_content(tmp_path / "absent")
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8b" + b"0" * 2000)
    with pytest.raises(InvalidLayoutError, match="decompress it first"):
        open_content(tmp_path / "x.tar.gz")


def archive(path: Path, *members: tuple[str, bytes | str]) -> TarStore:
    with tarfile.open(path, "w") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                made.addfile(member)
            else:
                member.size = len(content)
                made.addfile(member, io.BytesIO(content))
    return TarStore(path)


def test_files_of_an_archive_are_read_where_they_lie_and_links_are_followed(tmp_path: Path) -> None:
    files = archive(
        tmp_path / "a.tar",
        ("./a/layer.tar", b"0123456789"),
        ("b/layer.tar", "../a/layer.tar"),
        ("loop", "loop"),
        ("out", "/etc/passwd"),
    )
    for name in ("a/layer.tar", "./a/layer.tar", "b/layer.tar"):
        assert b"".join(pieces(files, name, 3)) == b"3456789"
    assert files.size_bytes("loop") is None
    assert files.size_bytes("out") is None
    with pytest.raises(InvalidLayoutError, match="missing"):
        files.open("absent")


def test_a_file_that_was_cut_off_is_said_to_be(tmp_path: Path) -> None:
    files = archive(tmp_path / "a.tar", ("a", b"x" * 100_000))
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[:50_000])
    with pytest.raises(InvalidLayoutError, match=r"ends \d+ bytes early"):
        list(pieces(files, "a"))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[5]",
        b'[{"Config": "c"}]',
        b'[{"Config": "none", "Layers": []}]',
        b'[{"Config": "c", "Layers": ["l"]}]',
        b'[{"Config": "good", "Layers": []}]',
        b'[{"Config": "good", "Layers": ["absent"]}]',
        b'[{"Config": "good", "Layers": ["l"], "RepoTags": ["Not A Name"]}]',
    ],
)
def test_a_broken_archive_of_docker_save_is_refused(tmp_path: Path, document: bytes) -> None:
    good = json.dumps({"rootfs": {"diff_ids": [digest_of(b"layer")]}}).encode()
    members = (("manifest.json", document), ("c", b"{}"), ("good", good), ("l", b"layer"))
    archive(tmp_path / "saved.tar", *members)
    with pytest.raises(InvalidLayoutError, match=r"saved\.tar"):
        open_content(tmp_path / "saved.tar")


def test_the_good_archive_of_the_same_kind_is_read(tmp_path: Path) -> None:
    good = json.dumps({"rootfs": {"diff_ids": [digest_of(b"layer")]}}).encode()
    document = b'[{"Config": "good", "Layers": ["l"], "RepoTags": ["team/app:1"]}]'
    archive(tmp_path / "saved.tar", ("manifest.json", document), ("good", good), ("l", b"layer"))
    (named,) = open_content(tmp_path / "saved.tar").entries
    assert (named.repository, named.tag) == ("team/app", "1")


def test_room_is_looked_for_in_the_nearest_folder_there_is(tmp_path: Path) -> None:
    assert space.free_bytes(tmp_path / "a/b/c") == space.free_bytes(tmp_path)
    space.check_space(tmp_path, 0)
    with pytest.raises(NotEnoughSpaceError, match="free some space"):
        space.check_space(tmp_path, 2**62)


async def test_a_blob_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    descriptor = Descriptor("x", Digest(digest_of(b"whole")), 5)
    layout = LayoutFolder(tmp_path)

    async def broken() -> AsyncIterator[bytes]:
        yield b"wh"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await layout.write_blob(descriptor, broken())
    assert not layout.has(descriptor)
    assert layout.partial_bytes(descriptor) == 2
    assert layout.resumed(descriptor).size_bytes == 2
    assert FolderStore(tmp_path).size_bytes("oci-layout") is None
