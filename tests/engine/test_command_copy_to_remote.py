"""`remote:CopyToRemote` through the real engine against a real sshd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.command_sshd import Sshd, free_port, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import EngineProject

KIND = "command:remote:CopyToRemote"

PROGRAM = """
    import json, pathlib, pulumi
    from pulumi_command import remote

    connection = json.loads(pathlib.Path("connection.json").read_text())
    kinds = {"file": pulumi.FileAsset, "text": pulumi.StringAsset, "folder": pulumi.FileArchive}
    for name, copy in json.loads(pathlib.Path("copies.json").read_text()).items():
        source = kinds[copy["kind"]](copy["source"])
        remote.CopyToRemote(name, connection=connection, source=source, remote_path=copy["to"])
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "sshd")


@pytest.fixture
def project(engine_project: EngineProject, sshd: Sshd) -> EngineProject:
    engine_project.program(PROGRAM)
    engine_project.file("connection.json", json.dumps(sshd.connection()))
    engine_project.file("tree/a.txt", "a")
    engine_project.file("tree/sub/b.txt", "b")
    (engine_project.folder / "tree/link.txt").symlink_to("a.txt")
    engine_project.file("one.txt", "one")
    return engine_project


def copy(project: EngineProject, **copies: tuple[str, Any, Path]) -> None:
    wanted = {name: {"kind": kind, "source": source, "to": str(to)} for name, (kind, source, to) in copies.items()}
    project.file("copies.json", json.dumps(wanted))


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


TREE = {"a.txt": "a", "link.txt": "a", "sub/b.txt": "b"}


def test_files_texts_and_folders_go_where_the_official_plugin_puts_them(project: EngineProject, tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "existing").mkdir(parents=True)
    (there / "old").write_text("old and longer")
    copy(
        project,
        file_new=("file", "one.txt", there / "new"),
        file_over=("file", "one.txt", there / "old"),
        file_into=("file", "one.txt", there / "existing"),
        text=("text", "größe", there / "text"),
        folder_new=("folder", "tree", there / "made"),
        folder_into=("folder", "./tree", there / "existing"),
        folder_content=("folder", "./tree/", there / "content"),
    )
    project.preview()
    assert tree(there) == {"old": "old and longer"}

    project.up()

    assert tree(there) == {
        "new": "one",
        "old": "one",
        "existing/one.txt": "one",
        "text": "größe",
        **{f"made/tree/{name}": text for name, text in TREE.items()},
        **{f"existing/tree/{name}": text for name, text in TREE.items()},
        **{f"content/{name}": text for name, text in TREE.items()},
    }
    ids = [resource["id"] for resource in project.resources(KIND)]
    assert all(len(found) == 8 and int(found, 16) >= 0 for found in ids)

    project.preview("--expect-no-changes")
    project.refresh("--expect-no-changes")
    project.destroy()
    assert tree(there)["new"] == "one"


def test_only_changed_content_or_a_changed_path_is_copied_again(
    project: EngineProject, sshd: Sshd, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    copy(project, probe=("file", "one.txt", there))
    project.up()
    (first,) = project.resources(KIND)
    there.write_text("edited by hand")

    # Another place with the same content, and another connection: nothing to copy.
    project.file("moved.txt", "one")
    copy(project, probe=("file", "moved.txt", there))
    project.preview("--expect-no-changes")
    project.file("connection.json", json.dumps(sshd.connection(perDialTimeout=20)))
    project.up()
    assert there.read_text() == "edited by hand"

    project.file("moved.txt", "two")
    project.up()
    assert there.read_text() == "two"
    copy(project, probe=("file", "moved.txt", tmp_path / "elsewhere"))
    project.up()
    assert (tmp_path / "elsewhere").read_text() == "two"
    (last,) = project.resources(KIND)
    assert last["id"] == first["id"]


def test_what_cannot_be_copied_is_said(project: EngineProject, sshd: Sshd, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "file").write_text("")
    copy(
        project,
        text_on_folder=("text", "text", there),
        folder_on_file=("folder", "tree", there / "file"),
        nowhere=("file", "one.txt", there / "missing" / "deep"),
    )

    failed = project.up("--continue-on-error", check=False)

    text = " ".join(failed.output.split())
    assert f"remote path {there} is a folder; for a text asset remotePath must name a file" in text
    assert f"remote path {there}/file exists but is not a folder" in text
    assert f"one.txt to remote path {there}/missing/deep: No such file" in text

    project.file("connection.json", json.dumps(sshd.connection(port=free_port(), dialErrorLimit=0)))
    copy(project, unreachable=("text", "text", there / "new"))
    assert "cannot connect after 1 failed attempt" in project.up(check=False).output
