"""What is made once is whole or not there, and made again exactly when what makes it changes."""

import io
import tarfile
from pathlib import Path

import pytest

from lab.archive import Member, pack
from lab.cache import key, made_whole


class HalfWayError(Exception):
    pass


def make(target: Path, content: str, *, fails: bool = False) -> None:
    with made_whole(target) as folder:
        (folder / "file").write_text(content)
        if fails:
            raise HalfWayError


def test_what_failed_half_way_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "thing"

    with pytest.raises(HalfWayError):
        make(target, "half", fails=True)

    assert list(tmp_path.iterdir()) == []


def test_what_failed_leaves_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "thing"
    make(target, "first")

    with pytest.raises(HalfWayError):
        make(target, "second", fails=True)

    assert (target / "file").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_the_key_follows_names_contents_and_boundaries(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = key(tmp_path, "x")

    assert key(tmp_path, "x") == before
    assert key(tmp_path, "y") != before
    assert key("ab", "c") != key("a", "bc")
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = key(tmp_path, "x")
    assert renamed != before
    (tmp_path / "b").write_text("2")
    assert key(tmp_path, "x") != renamed


def test_an_archive_keeps_owner_mode_and_kind() -> None:
    packed = pack([Member.directory("/home/ops/.ssh", 0o700, 7, 8), Member("/home/ops/.ssh/id", b"key", 0o600, 7, 8)])

    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        folder, file = archive.getmembers()
        content = archive.extractfile(file)
        assert content is not None
        assert content.read() == b"key"
    assert (folder.name, folder.isdir(), folder.mode, folder.uid, folder.gid) == ("home/ops/.ssh", True, 0o700, 7, 8)
    assert (file.name, file.isfile(), file.mode, file.uid, file.gid) == ("home/ops/.ssh/id", True, 0o600, 7, 8)
