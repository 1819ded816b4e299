"""Running a program with its output redacted: how it ends, and what a signal does."""

import os
import signal
import sys
from pathlib import Path

import pytest

from towpath.delivery.errors import DeliveryError
from towpath.delivery.redacted_run import run_redacted
from towpath.delivery.redactor import Redactor

PATIENT = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("ends in order with hunter2", flush=True), sys.exit(7)))
print("ready", flush=True)
time.sleep(60)
"""


def python(text: str, lines: list[str], folder: Path) -> int:
    return run_redacted([sys.executable, "-c", text], folder, Redactor(["hunter2"]), lines.append)


def test_output_and_errors_are_redacted_in_order(tmp_path: Path) -> None:
    lines: list[str] = []
    text = (
        "import sys; print('a hunter2', flush=True); print('b hunter2', file=sys.stderr); "
        "sys.stdout.buffer.write(b'\\xff')"
    )
    assert python(text, lines, tmp_path) == 0
    assert lines == ["a [secret]\n", "b [secret]\n", "\ufffd"]


def test_a_killed_program_ends_as_in_a_shell(tmp_path: Path) -> None:
    assert python("import os; os.kill(os.getpid(), 9)", [], tmp_path) == 137


def test_it_runs_in_its_folder_without_our_input(tmp_path: Path) -> None:
    lines: list[str] = []
    python("import os, sys; print(os.getcwd(), repr(sys.stdin.read()))", lines, tmp_path)
    assert lines == [f"{tmp_path} ''\n"]


def test_a_runner_that_gives_up_lets_it_end_in_order(tmp_path: Path) -> None:
    """Killed, the CLI would leave the stack locked."""
    before = signal.getsignal(signal.SIGTERM)
    lines: list[str] = []

    def write(line: str) -> None:
        lines.append(line)
        if line == "ready\n":
            os.kill(os.getpid(), signal.SIGTERM)

    assert run_redacted([sys.executable, "-c", PATIENT], tmp_path, Redactor(["hunter2"]), write) == 7
    assert lines == ["ready\n", "ends in order with [secret]\n"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interrupt_of_the_terminal_is_not_passed_on(tmp_path: Path) -> None:
    """The terminal interrupts the program itself; a second one would make the CLI stop at once."""
    lines: list[str] = []

    def write(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGINT)

    text = "print('one', flush=True); print('two')"
    assert run_redacted([sys.executable, "-c", text], tmp_path, Redactor([]), write) == 0
    assert lines == ["one\n", "two\n"]


def test_a_program_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"nothing-here cannot be started \(No such file"):
        run_redacted(["nothing-here"], tmp_path, Redactor([]), print)
