"""Unit and component tests in several processes, after all others and in one report with them.

`pytest --side-by-side 2` gives them to a session of pytest-xdist of their own, whose reports are taken into this one.
They share nothing; all others share the lab, or have timing of their own, and run one by one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

PIPE = "TOWPATH_TEST_REPORTS"
FOLDERS = tuple(Path(__file__).parent / name for name in ("unit", "components"))

# Hypothesis limits the time of an example by default, and tries others each time: neither is for a run that decides.
# `pytest --hypothesis-profile searching` looks for what has not been found yet.
UNHURRIED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("searching", UNHURRIED)
hypothesis.settings.register_profile("steady", UNHURRIED, derandomize=True)
hypothesis.settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the option."""
    parser.addoption(
        "--side-by-side", type=int, default=0, metavar="N", help="N processes for unit and component tests"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Run all others, then what may run side by side."""
    apart: list[pytest.Item] = []
    processes = session.config.option.side_by_side
    if processes and not session.config.option.collectonly:
        apart = [item for item in session.items if any(folder in item.path.parents for folder in FOLDERS)]
        done = set(apart)
        session.items[:] = [item for item in session.items if item not in done]
    ended = yield
    if apart:
        run_apart(session, apart, processes)
    return ended


def run_apart(session: pytest.Session, items: list[pytest.Item], processes: int) -> None:
    """Run tests in a session of their own, and report them here. Raises Session.Failed for one that was not run."""
    missing = {item.nodeid for item in items}
    with tempfile.TemporaryDirectory() as folder:
        chosen, said = Path(folder, "chosen"), Path(folder, "said")
        chosen.write_text("".join(f"{item.nodeid}\n" for item in items))
        for report in _reports(session.config, chosen, said, processes):
            session.config.hook.pytest_runtest_logreport(report=report)
            missing.discard(report.nodeid)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
        if missing:
            session.shouldfail = f"{len(missing)} tests did not run, as {min(missing)}:\n{said.read_text()[-4000:]}"
            raise session.Failed(session.shouldfail)


def _reports(config: pytest.Config, chosen: Path, said: Path, processes: int) -> Iterator[pytest.TestReport]:
    """Start the session, and yield its reports as they come."""
    reading, writing = os.pipe()
    argv = [sys.executable, "-m", "pytest", "-n", str(processes), "--dist", "worksteal", f"@{chosen}"]
    with said.open("w") as output, os.fdopen(reading) as reports:
        process = subprocess.Popen(
            argv,
            cwd=config.rootpath,
            env={**os.environ, PIPE: str(writing)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
        )
        os.close(writing)
        try:
            for line in reports:
                report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
                if isinstance(report.longrepr, list):
                    report.longrepr = tuple(report.longrepr)  # where a test was skipped; JSON has no tuples
                yield report
        finally:
            process.terminate()
            process.wait()


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
