"""When a lock's owner counts as gone."""

import json
import os
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.lock import Lock, read_locks


def _lock(pid: int, *, hostname: str | None = None, taken: float | None = None) -> Lock:
    when = time.time() if taken is None else taken
    return Lock(Path("lock.json"), pid, "root", hostname or socket.gethostname(), when)


def _ended_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_running_owner_is_alive() -> None:
    assert not _lock(os.getpid()).is_dead()


def test_an_ended_owner_is_dead() -> None:
    assert _lock(_ended_process()).is_dead()


def test_an_owner_that_nobody_has_waited_for_is_dead() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert _lock(process.pid).is_dead()
    finally:
        process.wait()


def test_a_process_that_started_after_the_lock_was_taken_is_another_one() -> None:
    assert _lock(os.getpid(), taken=time.time() - 7 * 24 * 3600).is_dead()


def test_an_owner_on_another_host_is_never_dead() -> None:
    assert not _lock(_ended_process(), hostname="elsewhere").is_dead()


def _write(backend: Path, content: str) -> Path:
    folder = backend / ".pulumi" / "locks" / "organization" / "towpath" / "lab"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "c0ffee.json"
    path.write_text(content)
    path.with_name("c0ffee.json.attrs").write_text("{}")
    return path


def test_a_lock_is_read_as_the_engine_writes_it_and_removed_with_its_attributes(tmp_path: Path) -> None:
    content = {"pid": 7, "username": "root", "hostname": "vm", "timestamp": "2026-11-24T13:51:44.903703683Z"}
    path = _write(tmp_path, json.dumps(content))

    (lock,) = read_locks(tmp_path, "towpath", "lab")

    assert (lock.pid, lock.owner) == (7, "root@vm (pid 7)")
    assert datetime.fromtimestamp(lock.taken, UTC) == datetime(2026, 11, 24, 13, 51, 44, 903703, UTC)
    lock.remove()
    assert list(path.parent.iterdir()) == []


def test_another_stacks_lock_is_not_ours(tmp_path: Path) -> None:
    _write(tmp_path, "{}")

    assert read_locks(tmp_path, "towpath", "prod") == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}'])
def test_a_file_that_is_no_lock_is_an_error_with_its_path(tmp_path: Path, content: str) -> None:
    _write(tmp_path, content)

    with pytest.raises(ValueError, match=r"c0ffee\.json is not a lock file"):
        read_locks(tmp_path, "towpath", "lab")
