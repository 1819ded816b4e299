"""`--side-by-side`: what runs in other processes is reported as all else is, and decides how the session ends."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
APART = """
import os, pytest
def test_passes(): assert "PYTEST_XDIST_WORKER" in os.environ
def test_fails(): assert not "the reason"
@pytest.mark.skip(reason="not today")
def test_skipped(): pass
"""
LOST = """
import os
if 'PYTEST_XDIST_WORKER' not in os.environ:
    def test_lost(): pass
"""
ENDS_ALL = """
import os, signal, time
def test_ends_the_other_session():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(5)
"""
# The first waits for what the other processes do, so it passes only beside them.
ON_LAB = """
import os, pathlib, time, pytest
@pytest.fixture
def lab(): pass
@pytest.fixture
def node(lab): pass
def test_passes(node):
    assert "PYTEST_XDIST_WORKER" not in os.environ
    while not pathlib.Path("beside").exists():
        time.sleep(0.05)
def test_of_the_same_file(): assert "PYTEST_XDIST_WORKER" not in os.environ
"""
BESIDE = """
import pathlib
def test_beside(): pathlib.Path("beside").touch()
"""


def session(folder: Path, **files: str) -> "subprocess.CompletedProcess[str]":
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra\ntimeout = 60\n")
    shutil.copy(TESTS / "conftest.py", folder / "tests")
    for name, content in files.items():
        (folder / "tests" / f"test_{name}.py").write_text(content)
    argv = [sys.executable, "-m", "pytest", "--side-by-side", "2", "tests"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(argv, cwd=folder, env=outside, capture_output=True, text=True, check=False)


def test_there_is_one_report_and_one_status(tmp_path: Path) -> None:
    ended = session(tmp_path, apart=APART, beside=BESIDE, on_lab=ON_LAB)
    assert ended.returncode == 1
    assert "1 failed, 4 passed, 1 skipped" in ended.stdout.splitlines()[-1]
    assert "the reason" in ended.stdout
    assert "not today" in ended.stdout


def test_all_that_pass_are_a_success(tmp_path: Path) -> None:
    ended = session(tmp_path, beside=BESIDE, on_lab=ON_LAB)
    assert ended.returncode == 0, ended.stdout
    assert "3 passed" in ended.stdout.splitlines()[-1]


def test_without_tests_apart_nothing_else_runs(tmp_path: Path) -> None:
    ended = session(tmp_path, on_lab=ON_LAB.replace('while not pathlib.Path("beside").exists():', "if False:"))
    assert "2 passed" in ended.stdout.splitlines()[-1]


def test_a_session_that_breaks_off_is_a_failure_also_in_its_last_test(tmp_path: Path) -> None:
    ended = session(tmp_path, apart=ENDS_ALL)
    assert ended.returncode != 0
    assert "status -9" in ended.stdout


def test_tests_that_were_not_run_are_a_failure(tmp_path: Path) -> None:
    """As those of a session that cannot begin: here each process finds other tests than this one."""
    ended = session(tmp_path, apart=LOST)
    assert ended.returncode != 0
    assert "1 tests did not run, as tests/test_apart.py::test_lost" in ended.stdout
