"""Several runs on one machine, and what others on it can see of them."""

import threading
import time
from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, make_machine
from towpath.applier.actors import Command
from towpath.applier.bootstrap import Sudo, apply_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import File


@pytest.mark.parametrize("shell", SHELLS)
def test_two_runs_at_once_take_turns(tmp_path: Path, shell: str) -> None:
    machine = make_machine(tmp_path / "root", shell)
    slow = Document(
        "one",
        (
            File("/etc/x", "1"),
            Command(
                "slow",
                "echo $PPID >/tmp/at; while ! [ -e /tmp/go ]; do sleep 0.05; done; echo slow >>/tmp/order",
                ("/etc/x",),
            ),
        ),
    )
    quick = Document("two", (File("/etc/y", "1"), Command("quick", "echo quick >>/tmp/order", ("/etc/y",))))
    first = threading.Thread(target=machine.apply, args=(slow,))
    first.start()
    while not machine.path("/tmp/at").exists():
        time.sleep(0.02)
    refused = machine.apply(quick, TOWPATH_LOCK_WAIT_SECONDS="0")
    assert refused.code == 10
    assert "another run (pid " in refused.err
    assert "nothing was changed" in refused.err
    go = threading.Timer(0.5, machine.path("/tmp/go").touch)
    go.start()
    assert machine.apply(quick).code == 0
    first.join()
    go.join()
    assert machine.path("/tmp/order").read_text() == "slow\nquick\n"
    assert [path.name for path in machine.path("/run").iterdir()] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_lock_that_a_killed_run_left_is_taken_over(tmp_path: Path, shell: str) -> None:
    machine = make_machine(tmp_path / "root", shell)
    machine.write("/run/towpath.lock.d/pid", "999999\n")
    machine.write("/run/towpath.lock", "999999\n")
    assert machine.apply(Document("one", (File("/etc/x", "1"),)), TOWPATH_LOCK_WAIT_SECONDS="0").code == 0


def test_no_secret_shows_in_process_lists_or_wide_files(tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "root", "dash")
    look = (
        "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' >/tmp/lists; "
        "find / -xdev -perm /077 -type f -not -path '/usr/*' -not -path '/proc/*' >/tmp/wide"
    )
    wish = Document("node", (File("/etc/key", "hush-hush\n", "0600"), Command("look", look, ("/etc/key",))))
    assert machine.apply(wish).code == 0
    assert "hush-hush" not in machine.path("/tmp/lists").read_text()
    for name in machine.path("/tmp/wide").read_text().split():
        assert b"hush" not in machine.path(name).read_bytes(), name
    assert "hush" not in apply_command(Sudo())
    assert "aHVzaC1odXNo" in stdin(wish, Sudo())
    assert "hush" not in repr(wish)
