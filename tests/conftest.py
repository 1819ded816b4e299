"""Tests that do not share the lab, in several processes beside those that do, and in one report with them.

`pytest --side-by-side 2` gives them to a session of pytest-xdist of their own, whose reports are taken into this one.
A file with a test that asks for the lab runs here, all its tests one by one; a file has its ports and its servers to
itself, so the others go to the processes file by file. Those give way to the lab's tests, which wait for real time.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

PIPE = "TOWPATH_TEST_REPORTS"
LAB = "lab"
"""The fixture that all tests on the lab's nodes have, at least by another fixture."""
NICENESS = "5"
TURNS_TAKEN = "TOWPATH_TEST_TURNS_TAKEN"
"""Says to the processes that their session has taken its turn at the ports of their files."""
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)

# Hypothesis limits the time of an example by default, and tries others each time: neither is for a run that decides.
# `pytest --hypothesis-profile searching` looks for what has not been found yet.
UNHURRIED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("searching", UNHURRIED)
hypothesis.settings.register_profile("steady", UNHURRIED, derandomize=True)
hypothesis.settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the option."""
    parser.addoption(
        "--side-by-side", type=int, default=0, metavar="N", help="N processes for tests that do not use the lab"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Run the lab's tests, and all others beside them."""
    processes = session.config.option.side_by_side
    if not processes or session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return (yield)
    on_lab = {item.path for item in session.items if LAB in getattr(item, "fixturenames", ())}
    apart = [item for item in session.items if item.path not in on_lab]
    if not apart:
        return (yield)
    session.items[:] = [item for item in session.items if item.path in on_lab]
    with tempfile.TemporaryDirectory() as folder, Apart(session, apart, processes, Path(folder)) as others:
        session.config.pluginmanager.register(others)
        ended = yield
        others.finish()
    return ended


class Apart:
    """A session of other processes, whose reports are shown here between two files and at the end."""

    def __init__(self, session: pytest.Session, items: list[pytest.Item], processes: int, folder: Path) -> None:
        self._session = session
        self._missing = {item.nodeid for item in items}
        self._said = folder / "said"
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        chosen = folder / "chosen"
        chosen.write_text("".join(f"{item.nodeid}\n" for item in items))
        self._argv = ["nice", "-n", NICENESS, sys.executable, "-m", "pytest", "-n", str(processes)]
        self._argv += ["--dist", "loadfile", "--no-loadscope-reorder", f"@{chosen}"]
        if profile := session.config.getoption("--hypothesis-profile"):
            self._argv += ["--hypothesis-profile", profile]

    def __enter__(self) -> Self:
        """Start the session."""
        reading, writing = os.pipe()
        with self._said.open("w") as output:
            self._process = subprocess.Popen(
                self._argv,
                cwd=self._session.config.rootpath,
                env={**os.environ, PIPE: str(writing), TURNS_TAKEN: "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[writing],
            )
        os.close(writing)
        self._reader = threading.Thread(target=self._read, args=[reading], daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, wherever it is."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool, bool]:
        """Show what has come in when a file of this session is done: its line of dots stays whole."""
        done = yield
        if nextitem is None or nextitem.path != item.path:
            for _ in range(self._lines.qsize()):
                self._show(self._lines.get())
        return done

    def finish(self) -> None:
        """Show all that comes until the end. Raises Session.Failed for a test that was not run."""
        while line := self._lines.get():
            self._show(line)
            if self._session.shouldfail:
                raise self._session.Failed(self._session.shouldfail)
        status = self._process.wait()
        if self._missing or status not in _ENDED:
            left = (
                f"{len(self._missing)} tests did not run, as {min(self._missing)}" if self._missing else "it broke off"
            )
            self._session.shouldfail = (
                f"beside the lab's tests, status {status}: {left}:\n{self._said.read_text()[-4000:]}"
            )
            raise self._session.Failed(self._session.shouldfail)

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as reports:
            for line in reports:
                self._lines.put(line)
        self._lines.put("")

    def _show(self, line: str) -> None:
        config = self._session.config
        if not line:  # the end, which finish() waits for
            self._lines.put(line)
            return
        report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
        if isinstance(report.longrepr, list):
            report.longrepr = tuple(report.longrepr)  # where a test was skipped; JSON has no tuples
        config.hook.pytest_runtest_logreport(report=report)
        self._missing.discard(report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Send every report to the session that started this one, if one did; its workers do not inherit that."""
    pipe = os.environ.pop(PIPE, None)
    if pipe:
        config.pluginmanager.register(_Sender(config, int(pipe)))


class _Sender:
    def __init__(self, config: pytest.Config, pipe: int) -> None:
        self._config = config
        self._reports = os.fdopen(pipe, "w")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        data.pop("node", None)  # xdist's own, which is not for others
        self._reports.write(f"{json.dumps(data)}\n")
        self._reports.flush()
