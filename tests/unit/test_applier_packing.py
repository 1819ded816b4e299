"""The packed program: of the current one, the same for everybody, and small."""

import shutil
import subprocess
from pathlib import Path

import pytest

from towpath.applier.packing import PLACE, travelling
from towpath.applier.program import MARK, program

SHELLS = ["dash", "bash", "busybox sh"]


def test_the_packed_file_is_of_the_current_program() -> None:
    assert travelling() != program(), f"write {PLACE.name} anew: python -m towpath.applier.packing"


def test_what_travels_is_less_than_half_of_the_program() -> None:
    assert len(travelling()) * 2 < len(program())
    assert travelling().splitlines()[-1] == MARK


def unpacked_by(shell: str, folder: Path, program_text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    place = folder / "boot"
    place.write_text(program_text + "the document\n")
    command = [*shell.split(), str(place), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_hands_over_program_document_and_arguments(
    tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    spy = programs / "sh"
    spy.write_text(f'#!/bin/bash\nshift 0\ncp "$1" {tmp_path}/seen\necho "$2 $3"\nexit 7\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    done = unpacked_by(shell, tmp_path, travelling(), "check", "node")
    assert (done.returncode, done.stdout, done.stderr) == (7, "check node\n", "")
    assert (tmp_path / "seen").read_text() == program() + "the document\n"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("boot.")] == []


def test_a_machine_without_gzip_is_told_so_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("mktemp", "rm", "uname", "base64"):
        (programs / name).symlink_to(str(shutil.which(name)))
    shell = str(shutil.which("dash"))
    monkeypatch.setenv("PATH", str(programs))
    done = unpacked_by(shell, tmp_path, travelling(), "apply")
    assert done.returncode == 10
    assert "needs base64, gzip and free space" in done.stderr
    assert "nothing was changed" in done.stderr
