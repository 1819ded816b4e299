"""Whole files and folders: applied, checked and taken back on every shell."""

from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from towpath.applier.document import Document
from towpath.applier.entries import Absent, Directory, File
from towpath.applier.summary import actual_summary, summary


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return make_machine(tmp_path / "root", request.param)


DOCUMENT = Document(
    "node",
    (
        Directory("/etc/app", "0750", "root:10001"),
        File("/etc/app/new.conf", "new\n", "0600"),
        File("/etc/old.conf", b"\x00\xff binary", "0640", "0:10001"),
        File("/opt/a/b/deep", ""),
        Absent("/etc/unwanted"),
    ),
)


def test_apply_then_delete_leaves_the_tree_as_it_was(machine: Machine) -> None:
    machine.write("/etc/old.conf", "before\n", 0o604)
    machine.write("/etc/unwanted", "here\n", 0o444)
    before = machine.tree()
    applied = machine.apply(DOCUMENT)
    assert (applied.code, applied.err) == (0, "")
    assert applied.result.status == "changed"
    assert machine.path("/etc/old.conf").read_bytes() == b"\x00\xff binary"
    assert machine.path("/etc/old.conf").stat().st_gid == 10001
    assert machine.path("/etc/app/new.conf").stat().st_mode & 0o7777 == 0o600
    assert machine.path("/opt/a/b/deep").read_bytes() == b""
    assert not machine.path("/etc/unwanted").exists()
    deleted = machine.delete("node")
    assert (deleted.code, deleted.err) == (0, "")
    assert machine.tree() == before


def test_a_second_apply_changes_nothing(machine: Machine) -> None:
    machine.apply(DOCUMENT)
    before = {name: (machine.root / name).lstat().st_ino for name in machine.tree()}
    again = machine.apply(DOCUMENT)
    assert (again.code, again.result.status) == (0, "unchanged")
    assert before == {name: (machine.root / name).lstat().st_ino for name in machine.tree()}


def test_check_agrees_with_the_wish_and_names_what_drifted(machine: Machine) -> None:
    machine.apply(DOCUMENT)
    before = machine.tree()
    assert actual_summary(machine.check(DOCUMENT).result, "salt") == summary(DOCUMENT, "salt")
    assert actual_summary(machine.check_recorded("node").result, "salt") == summary(DOCUMENT, "salt")
    assert machine.tree() == before
    machine.path("/etc/app/new.conf").chmod(0o644)
    machine.path("/opt/a/b/deep").unlink()
    machine.write("/etc/unwanted", "again")
    wished, found = summary(DOCUMENT, "salt")["files"], actual_summary(machine.check(DOCUMENT).result, "salt")["files"]
    assert {path for path in wished if wished[path] != found[path]} == {
        "/etc/app/new.conf", "/opt/a/b/deep", "/etc/unwanted",
    }  # fmt: skip
