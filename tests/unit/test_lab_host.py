"""What the lab says where it cannot run."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import host
from lab.errors import HostError

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def good_machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return monkeypatch


def test_a_debian_with_root_and_go_is_fine(good_machine: pytest.MonkeyPatch) -> None:
    host.check()


def refusal() -> str:
    with pytest.raises(HostError) as raised:
        host.check()
    (line,) = str(raised.value).splitlines()
    return line


def test_another_system_is_told_what_to_use_instead(good_machine: pytest.MonkeyPatch) -> None:
    good_machine.setattr(platform, "system", lambda: "Darwin")

    assert "needs Linux, and this is Darwin" in refusal()
    assert "stacks `dev`, `staging` or `prod`" in refusal()


def test_without_root_sudo_is_named(good_machine: pytest.MonkeyPatch) -> None:
    good_machine.setattr(os, "geteuid", lambda: 1000)

    assert "needs root" in refusal()
    assert "sudo" in refusal()


@pytest.mark.parametrize(("missing", "named"), [("apt-get", "Debian"), ("go", "Go 1.26")])
def test_a_missing_program_is_named(good_machine: pytest.MonkeyPatch, missing: str, named: str) -> None:
    good_machine.setattr(shutil, "which", lambda name: None if name == missing else f"/usr/bin/{name}")

    assert named in refusal()


@pytest.mark.skipif(sys.platform != "linux", reason="user namespaces are Linux's")
@pytest.mark.parametrize("command", ["up", "down", "add-node", "status"])
def test_every_command_refuses_without_root_in_one_line(command: str) -> None:
    """Runs the real command line as a user that is not root, in a user namespace."""
    argv = ["unshare", "--user", "--map-user=1000", sys.executable, "-m", "lab", command]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=CHECKOUT)

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("lab: the lab needs root")
