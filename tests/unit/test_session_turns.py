"""Test sessions on one lab: those with a file or a port in common follow each other, and say that they wait."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.lab.session_turns import take, wanted

CHECKOUT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from tests.lab.session_turns import take
held = take(set(sys.argv[2:]), lambda line: print(line, flush=True), Path(sys.argv[1]))
print("has it", flush=True)
sys.stdin.read()
"""


def session(folder: Path, *names: str) -> "subprocess.Popen[str]":
    """Start a session that holds names until its standard input ends."""
    argv = [sys.executable, "-c", HOLDER, str(folder), *names]
    return subprocess.Popen(argv, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_session_waits_for_one_that_uses_the_same_and_says_for_which(tmp_path: Path) -> None:
    with session(tmp_path, "test_a.py", "stack") as first:
        assert line(first) == "has it"
        with session(tmp_path, "test_b.py", "stack") as second:
            assert line(second) == f"waiting for another test session, of process {first.pid}, that uses stack"
            first.communicate()
            assert line(second) == "has it"
            second.communicate()


def test_sessions_with_nothing_in_common_do_not_wait(tmp_path: Path) -> None:
    said: list[str] = []
    with session(tmp_path, "test_a.py") as first:
        assert line(first) == "has it"
        for file in take({"test_b.py"}, said.append, tmp_path):
            file.close()
        first.communicate()
    assert said == []


def test_files_and_fixtures_of_the_lab_are_wanted_and_no_others(tmp_path: Path) -> None:
    lab = tmp_path / "lab"

    def item(folder: Path, name: str, **fixtures: str) -> Any:
        """A test with fixtures, each of a module."""
        found = {key: [SimpleNamespace(func=SimpleNamespace(__module__=of))] for key, of in fixtures.items()}
        return SimpleNamespace(path=folder / name, _fixtureinfo=SimpleNamespace(name2fixturedefs=found))

    items = [
        item(lab, "test_a.py", stack="tests.lab.conftest", lab="tests.lab.conftest"),
        item(lab, "test_b.py", new_workspace="tests.lab.test_b"),
        item(tmp_path / "unit", "test_c.py", new_workspace="tests.unit.conftest"),
    ]
    assert wanted(items, lab) == {"test_a.py", "test_b.py", "stack"}
