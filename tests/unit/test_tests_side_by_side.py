"""`--side-by-side`: what runs in other processes is reported as all else is, and decides how the session ends."""

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
TOGETHER = """
import os
def test_passes(): assert "PYTEST_XDIST_WORKER" not in os.environ
"""


def session(folder: Path, apart: str) -> "subprocess.CompletedProcess[str]":
    (folder / "tests" / "unit").mkdir(parents=True)
    (folder / "tests" / "lab").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    shutil.copy(TESTS / "conftest.py", folder / "tests")
    (folder / "tests" / "unit" / "test_apart.py").write_text(apart)
    (folder / "tests" / "lab" / "test_together.py").write_text(TOGETHER)
    argv = [sys.executable, "-m", "pytest", "--side-by-side", "2", "tests"]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


def test_there_is_one_report_and_one_status(tmp_path: Path) -> None:
    ended = session(tmp_path, APART)
    assert ended.returncode == 1
    assert "1 failed, 2 passed, 1 skipped" in ended.stdout.splitlines()[-1]
    assert "the reason" in ended.stdout
    assert "not today" in ended.stdout


def test_tests_that_were_not_run_are_a_failure(tmp_path: Path) -> None:
    """As those of a session that cannot begin: here each process finds other tests than this one."""
    ended = session(tmp_path, "import os\nif 'PYTEST_XDIST_WORKER' not in os.environ:\n    def test_lost(): pass\n")
    assert ended.returncode != 0
    assert "1 tests did not run, as tests/unit/test_apart.py::test_lost" in ended.stdout
