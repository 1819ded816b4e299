"""The program on the node, its command and the read-only config: what can be seen without a node."""

import subprocess

import pytest
import yaml

from towpath.applier.bootstrap import Sudo
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.expectation import expectation
from towpath.images.collection.node_program import opening, program, serve_command
from towpath.images.collection.read_only import read_only_config

SUDOS = [Sudo(), Sudo("passwordless"), Sudo("password", "pass word")]
CONFIG = """version: 0.1
storage:
  filesystem: {rootdirectory: /var/lib/registry}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: true}}
http: {secret: not-for-logs}
"""


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_program_is_a_script_that_shells_can_read(shell: str) -> None:
    subprocess.run([shell, "-n"], input=program(), text=True, check=True)


@pytest.mark.parametrize("sudo", SUDOS)
def test_the_command_is_short_and_has_no_secret(sudo: Sudo) -> None:
    assert "pass word" not in serve_command(sudo)
    assert len(serve_command(sudo)) < 600
    assert opening(sudo).startswith("pass word\n" if sudo.kind == "password" else "#!/bin/sh")


def served(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", serve_command(Sudo())], input=text, text=True, capture_output=True, check=False, timeout=20
    )


def test_a_program_that_arrives_cut_is_not_run() -> None:
    ran = served(opening(Sudo())[:-10])
    assert (ran.returncode, ran.stdout) == (10, "")


def test_nothing_is_done_before_it_is_told_where_and_it_ends_with_its_input() -> None:
    ran = served(f"{opening(Sudo())}left over from a password prompt\nthaw\ncollect 5\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_read_only_config_is_the_same_but_for_that() -> None:
    frozen = yaml.safe_load(read_only_config(CONFIG))
    assert frozen["storage"]["maintenance"].pop("readonly") == {"enabled": True}
    assert frozen == yaml.safe_load(CONFIG)


@pytest.mark.parametrize("text", ["", "- a list", "storage: text", "{secret: not-for-logs"])
def test_what_is_no_config_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(CollectionError) as caught:
        read_only_config(text)
    assert "not-for-logs" not in str(caught.value)


def test_a_preview_says_for_how_long_users_will_feel_it() -> None:
    assert "pulls fail for about 2 s in all" in expectation({}, 0)
    last = {"touched": True, "down_seconds": 1.7, "read_only_seconds": 12.4}
    assert expectation(last, 24) == (
        "in the first `up` 24 h after a deletion: pulls fail for 1.7 s in all, in two restarts; "
        "pushes are refused for 12.4 s, as in the last one"
    )
