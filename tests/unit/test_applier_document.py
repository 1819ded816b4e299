"""Documents and results: what lines can carry, what is refused, what is said."""

import shutil
import subprocess
from typing import Any

import pytest

from towpath.applier.actors import Command, Container, HttpsCheck, Port, Service
from towpath.applier.bootstrap import Sudo, apply_command, check_command, delete_command, discover_command, stdin
from towpath.applier.container_lines import container_hash
from towpath.applier.document import Document
from towpath.applier.entries import Absent, Block, Directory, File, JsonKeys, TomlKey, TomlKeys
from towpath.applier.errors import DocumentError, ResultError
from towpath.applier.packing import travelling
from towpath.applier.program import MARK, program
from towpath.applier.result import Result, Step, parse_result
from towpath.applier.summary import salted, summary


@pytest.mark.parametrize(
    "path",
    [
        "",
        "relative",
        "/a b",
        "/a/../b",
        "/a//b",
        "/a/",
        "/a\nb",
        "/a'b",
        "/a$b",
        "/a`b",
        "/ä",
        "@other@/x",
        "/./a",
        "/a*",
    ],
)
def test_a_path_that_a_shell_could_misread_is_refused(path: str) -> None:
    with pytest.raises(DocumentError):
        Document("node", (File(path, ""),)).render()


@pytest.mark.parametrize("path", ["/etc/x", "@trust@/a.crt", "@certs.d@/[::1]:5000/ca.crt", "/a/h:5000/b@c~1+2=3,4"])
def test_other_paths_are_taken(path: str) -> None:
    assert f"file {path} - 0644 root:root " in Document("node", (File(path, ""),)).render()


def test_a_content_that_goes_to_several_files_travels_once() -> None:
    rendered = Document("node", (File("/a", "same"), File("/b", "other"), File("/c", b"same"))).render()
    lines = rendered.splitlines()
    numbers = {line.split()[1]: line.split()[-1] for line in lines if line.startswith("file ")}
    assert numbers["/a"] == numbers["/c"] != numbers["/b"]
    assert sum(line.startswith("content ") for line in lines) == 2


@pytest.mark.parametrize(
    "entry",
    [
        File("/x", "", mode="644"),
        File("/x", "", mode="0888"),
        File("/x", "", owner="root"),
        File("/x", "", owner="a b:c"),
        File("/x", "", when="a b"),
        File("/x", "", when="docker+upstart"),
        JsonKeys("/x", {"a b": 1}),
        JsonKeys("/x", {"a": 1}, frozenset({"a"})),
        TomlKeys("/x", (TomlKey("t", "k", "1\n2"),)),
        Block("/x", ("a\nb",)),
        Block("/x", ("# towpath node: end",)),
        Command("a b", "true", ()),
        Container("x y", "image"),
        Container("x", "image", ("a\nb",)),
        Container("x", "an image"),
        Container("x", "image", check=HttpsCheck("h h", 1, "/ca")),
        Container("x", "image", check=HttpsCheck("h", 1, "/ca", "/v2/\n")),
    ],
)
def test_what_a_line_cannot_carry_is_refused(entry: Any) -> None:
    with pytest.raises(DocumentError):
        Document("node", (entry,)).render()


@pytest.mark.parametrize("name", ["", "Node", "../x", "a b", "-a", "a" * 40])
def test_an_id_becomes_a_folder_and_is_checked(name: str) -> None:
    with pytest.raises(DocumentError):
        Document(name, ())
    with pytest.raises(DocumentError):
        delete_command(name, Sudo())


def test_two_entries_for_one_path_are_refused() -> None:
    with pytest.raises(DocumentError, match="two entries for /x; make them one"):
        Document("node", (File("/x", ""), Absent("/x")))


def test_an_actor_that_waits_for_a_stranger_is_refused() -> None:
    with pytest.raises(DocumentError, match="'docker' waits for /y#k"):
        Document("node", (File("/x", ""), Service("docker", ("/x",), ("/y#k",))))


def test_a_sudo_password_is_one_line() -> None:
    for password in (None, "", "a\nb"):
        with pytest.raises(DocumentError):
            Sudo("password", password)
    assert "hush" not in repr(Sudo("password", "hush"))


def test_the_password_s_line_comes_first() -> None:
    text = stdin(Document("node", ()), Sudo("password", "hush"))
    assert text.startswith("hush\n#!/bin/sh\n")
    assert text.endswith("end\n")
    assert stdin(None, Sudo()) == travelling()


def test_a_container_s_hash_follows_what_makes_it_up_alone() -> None:
    base = Container("x", "i", ("-a",), ("b",), (Port(1, 2),))
    same = Container("y", "i", ("-a",), ("b",), (Port(1, 2),), ("/f",), HttpsCheck("h", 1, "/c"), timeout_seconds=5)
    assert container_hash(base) == container_hash(same)
    others = [
        Container("x", "j", ("-a",), ("b",), (Port(1, 2),)),
        Container("x", "i", ("-a", "b"), (), (Port(1, 2),)),
        Container("x", "i", ("-a",), ("b",), (Port(1, 2, "10.0.0.1"),)),
    ]
    assert len({container_hash(each) for each in (base, *others)}) == 4


def test_a_summary_shows_no_digest_that_could_be_guessed() -> None:
    document = Document("node", (File("/x", "short"), Directory("/d"), Absent("/a")))
    first, second = summary(document, "salt"), summary(document, "other")
    assert first["files"]["/x"] != second["files"]["/x"]
    assert {key: first["files"][key] for key in ("/d", "/a")} == {"/d": "0755 root:root directory", "/a": "absent"}
    assert salted("a", "b") != salted("b", "a")


def test_results_are_read() -> None:
    text = "motd of a shell\ntowpath-result 1\nstatus changed\nfile /x written /x\nservice docker restarted \n"
    assert parse_result(text) == Result(
        "changed", (Step("file", "/x", "written", "/x"), Step("service", "docker", "restarted"))
    )
    assert parse_result("") == Result("unchanged")
    for broken in ("nonsense", "towpath-result 1\n", "towpath-result 1\nstatus odd\n"):
        with pytest.raises(ResultError):
            parse_result(broken)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    """SC2015, SC2034, SC2317: `a && b || c` is meant, and functions and variables are reached by name."""
    check = ["shellcheck", "--shell=sh", "--exclude=SC2015,SC2034,SC2317,SC2094", "-"]
    done = subprocess.run(check, input=program(), capture_output=True, text=True, check=False)
    assert done.stdout == ""
    for sudo in (Sudo(), Sudo("passwordless"), Sudo("password", "x")):
        for command in (apply_command(sudo), check_command(sudo, "node"), delete_command("node", sudo)):
            done = subprocess.run(
                ["shellcheck", "--shell=sh", "--exclude=SC2016", "-"],
                input=command,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.stdout == "", command


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_every_shell_parses_the_program(shell: str) -> None:
    done = subprocess.run([*shell.split(), "-n"], input=program(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert program().splitlines()[-1] == MARK
    assert discover_command(Sudo()).endswith("discover'")
