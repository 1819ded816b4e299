"""A run that is killed at any of its steps: the next one converges, and a delete leaves the tree as it was."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from towpath.applier.actors import Command
from towpath.applier.bootstrap import Sudo, apply_command, delete_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import Absent, Block, Directory, File, FileEntry, JsonKeys
from towpath.applier.summary import actual_summary, summary

_STEPS = ("mv", "cp", "rm", "mkdir", "chmod", "chown", "sync", "sha256sum", "rmdir", "awk")
_RUNS_COMMANDS = ("timeout",)
_WRAPPER = """
{unless} echo >>/kill/count
if [ "$(/usr/bin/wc -l </kill/count)" -ge "$(/usr/bin/cat /kill/at)" ]; then
    {first}
    kill -9 $PPID
    exit 1
fi
exec {program} "$@"
"""
_UNLESS_A_TREE = '[ "$1" = -rf ] || exec /usr/bin/rm "$@";'
_HALF_OF_A_TREE = """
    for each in "$@"; do [ "${{each#-}}" != "$each" ] || /usr/bin/find "$each"; done 2>/dev/null |
        /usr/bin/sort {order} >/kill/doomed
    /usr/bin/head -n $(($(/usr/bin/wc -l </kill/doomed) / 2)) /kill/doomed |
        while read -r each; do if [ -d "$each" ]; then /usr/bin/rmdir "$each"; else /usr/bin/rm -f "$each"; fi; done
"""
_MOMENTS = {
    "before": ":",
    "after": '{program} "$@"',
    "first-half": _HALF_OF_A_TREE.format(order=""),
    "last-half": _HALF_OF_A_TREE.format(order="-r"),
}
_STRIDES = {"before": 4, "after": 5, "first-half": 1, "last-half": 1}
_AWK = {"dash": "mawk", "bash": "gawk", "busybox": "awk"}
_OLD = Document(
    "node",
    (
        File("/etc/a", "old a\n"),
        Block("/etc/hosts", ("1.1.1.1 x",)),
        File("/etc/only-old", "o"),
        File("/opt/made/by/old", "o"),
    ),
)
_NEW = Document(
    "node",
    (
        Directory("/srv/data", "0750", "0:10001"),
        File("/etc/a", "new a\n", "0600"),
        File("/opt/deep/er/b", "b\n"),
        Absent("/etc/gone"),
        JsonKeys("/etc/x.json", {"k": [1]}),
        Block("/etc/hosts", ("10.0.0.5 registry",)),
        Command("touch", "echo ran >>/tmp/ran", ("/etc/a",)),
    ),
)


def prepared(root: Path, shell: str) -> Machine:
    machine = make_machine(root, shell)
    machine.write("/etc/a", "before\n", 0o640)
    machine.write("/etc/gone", "here\n")
    machine.write("/etc/x.json", '{"theirs": true}\n')
    machine.write("/etc/hosts", "127.0.0.1 localhost\n")
    return machine


def kill_at(machine: Machine, step: int, moment: str, steps: tuple[str, ...] = _STEPS) -> None:
    """Let the step-th of the programs that change things kill the run: before or after its work, or halfway.

    Halfway is in the middle of the removal of a tree, of which the first or the last half by name has gone.
    """
    halfway = moment.endswith("half")
    for name in ("rm",) if halfway else steps:
        program = f"/usr/bin/{_AWK[machine.shell] if name == 'awk' else name}"
        first = _MOMENTS[moment].replace("{program}", program)
        machine.path(f"/fake/{name}").unlink(missing_ok=True)
        machine.fake(name, _WRAPPER.format(unless=_UNLESS_A_TREE if halfway else "", first=first, program=program))
    machine.write("/kill/count", "")
    machine.write("/kill/at", str(step))


def heal(machine: Machine) -> None:
    for name in (*_STEPS, *_RUNS_COMMANDS):
        machine.path(f"/fake/{name}").unlink(missing_ok=True)
    machine.path("/fake/awk").symlink_to(f"/usr/bin/{_AWK[machine.shell]}")
    for name in ("count", "at", "doomed"):
        machine.path(f"/kill/{name}").unlink(missing_ok=True)
    machine.path("/kill").rmdir()


def counted(machine: Machine) -> int:
    return machine.path("/kill/count").read_text().count("\n")


def _read_by_a_delete(machine: Machine) -> dict[str, tuple[object, ...]]:
    """Return the tree without what stays where a run was killed before it had kept its script, or after that was gone:
    there is no script that a delete could run."""
    ours = ("run/towpath.lock", "dev/shm/towpath.", "var/lib/towpath")
    return {path: what for path, what in machine.tree().items() if not path.startswith(ours)}


@pytest.mark.parametrize("moment", list(_MOMENTS))
@pytest.mark.parametrize("verb", ["first", "apply", "delete"])
def test_killed_at_every_step(tmp_path: Path, verb: str, moment: str) -> None:
    """Steps are taken in strides, so that the whole takes seconds; every other time the next run is a delete."""
    least = 5 if moment.endswith("half") else 40
    step, turn = 1, 0
    while True:
        turn += 1
        machine = prepared(tmp_path / f"{verb}-{step}", SHELLS[turn % len(SHELLS)])
        original = machine.tree()
        if verb != "first":
            assert machine.apply(_OLD).code == 0
        kill_at(machine, step, moment)
        if verb != "delete":
            machine.run(apply_command(Sudo()), stdin(_NEW, Sudo()))
        else:
            machine.run(delete_command("node", Sudo()))
        done = counted(machine) < step
        heal(machine)
        has_script = machine.path("/var/lib/towpath/node/applier.sh").exists()
        if turn % 2:
            applied = machine.apply(_NEW)
            assert applied.code == 0, (step, applied)
            assert actual_summary(machine.check(_NEW).result, "s") == summary(_NEW, "s"), step
            assert machine.apply(_NEW).result.status == "unchanged", step
        deleted = machine.delete("node")
        assert deleted.code == 0, (step, deleted)
        machine.path("/tmp/ran").unlink(missing_ok=True)
        assert (machine.tree() if has_script or turn % 2 else _read_by_a_delete(machine)) == original, step
        if done:
            break
        step += _STRIDES[moment]
    assert step > least


@pytest.mark.parametrize("moment", ["before", "first-half", "last-half"])
def test_a_run_that_is_killed_while_it_recovers_another(tmp_path: Path, moment: str) -> None:
    """What the first was to be followed by stands in its document alone, and the second has another one."""
    first = Document("node", (File("/etc/a", "1\n"), Command("one", "true", ("/etc/a",), "echo >/tmp/one-undone")))
    second = Document("node", (File("/etc/b", "2\n"), Command("two", "true", ("/etc/b",), "echo >/tmp/two-undone")))
    step, done = 1, False
    while not done:
        machine = prepared(tmp_path / f"{step}", SHELLS[step % len(SHELLS)])
        original = machine.tree()
        assert machine.apply(_OLD).code == 0
        kill_at(machine, 1, "before", _RUNS_COMMANDS)
        machine.apply(first)
        assert machine.path("/etc/a").read_text() == "1\n"
        heal(machine)
        kill_at(machine, step, moment)
        machine.apply(second)
        done = counted(machine) < step
        heal(machine)
        applied = machine.apply(_OLD)
        assert applied.code == 0, (step, applied)
        assert machine.path("/tmp/one-undone").exists(), step
        assert actual_summary(machine.check(_OLD).result, "s") == summary(_OLD, "s"), step
        assert machine.delete("node").code == 0, step
        for name in ("one", "two"):
            machine.path(f"/tmp/{name}-undone").unlink(missing_ok=True)
        assert machine.tree() == original, step
        step += _STRIDES[moment]
    assert step > (5 if moment.endswith("half") else 40)


def kill_in_command(machine: Machine, document: Document) -> None:
    """Apply a document and kill the run when it runs the first of its commands."""
    kill_at(machine, 1, "before", _RUNS_COMMANDS)
    machine.apply(document)
    heal(machine)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_killed_run_left_to_undo_is_undone_though_the_next_one_fails(tmp_path: Path, shell: str) -> None:
    machine = prepared(tmp_path / "root", shell)
    assert machine.apply(_OLD).code == 0
    kill_in_command(
        machine, Document("node", (File("/etc/a", "1\n"), Command("one", "true", ("/etc/a",), "echo >/tmp/undone")))
    )
    failing = Document("node", (File("/etc/b", "2\n"), Command("two", "exit 1", ("/etc/b",), "true")))

    assert machine.apply(failing).code == 11
    assert not machine.path("/tmp/undone").exists()
    assert machine.apply(_OLD).code == 0
    assert machine.path("/tmp/undone").exists()
    assert machine.apply(_OLD).result.status == "unchanged"


def test_secrets_of_a_document_that_was_killed_long_ago_are_in_no_message(tmp_path: Path) -> None:
    machine = prepared(tmp_path / "root", "dash")
    secret = "taken-over-twice"
    telling = Command("one", "true", ("/etc/a",), f"echo told {secret}; exit 1")
    kill_in_command(machine, Document("node", (File("/etc/a", "1\n"), telling), (secret,)))
    for number in (2, 3):
        path = f"/etc/{number}"
        other = Command(f"other-{number}", "true", (path,), "true")
        kill_in_command(machine, Document("node", (File(path, ""), other)))

    failed = machine.apply(_OLD)

    assert failed.code == 12
    assert "told [secret]" in failed.err
    assert secret not in failed.err + failed.out


@pytest.mark.parametrize("shell", SHELLS)
def test_the_files_are_never_half_written_while_runs_are_killed(tmp_path: Path, shell: str) -> None:
    machine = prepared(tmp_path / "root", shell)
    original = machine.tree()
    contents = {b"before\n", b"old a\n", b"new a\n"}
    for turn in range(12):
        document = (_NEW, _OLD)[turn % 2]
        process = subprocess.Popen(
            machine.argv(apply_command(Sudo())), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert process.stdin
        process.stdin.write(stdin(document, Sudo()).encode())
        process.stdin.close()
        time.sleep(0.02 + 0.02 * turn)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert machine.path("/etc/a").read_bytes() in contents
        assert machine.path("/etc/x.json").read_text() in {'{"theirs": true}\n', '{"theirs": true, "k": [1]}\n'}
    assert machine.apply(_NEW).code == 0
    assert actual_summary(machine.check(_NEW).result, "s") == summary(_NEW, "s")
    assert machine.delete("node").code == 0
    machine.path("/tmp/ran").unlink(missing_ok=True)
    assert machine.tree() == original


def test_a_signal_in_the_middle_puts_the_old_state_back(tmp_path: Path) -> None:
    machine = prepared(tmp_path / "root", "dash")
    original = machine.tree()
    slow = Command(
        "slow", "echo $PPID >/tmp/pid; while [ ! -f /tmp/go ]; do sleep 0.05; done", ("/etc/a",), undo="true"
    )
    document = Document("node", (*_NEW.files, slow))
    process = subprocess.Popen(
        machine.argv(apply_command(Sudo())), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(stdin(document, Sudo()).encode())
    process.stdin.close()
    process.stdin = None
    pid = machine.path("/tmp/pid")
    while not pid.exists() or not pid.read_text().strip():
        time.sleep(0.02)
    parent = int(Path(f"/proc/{pid.read_text().strip()}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGTERM)
    machine.path("/tmp/go").write_text("")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 11, err
    assert b"ended by a signal; the old state is back" in err
    pid.unlink()
    machine.path("/tmp/go").unlink()
    assert machine.tree() == original


def test_a_cut_connection_does_not_end_the_run(tmp_path: Path) -> None:
    machine = prepared(tmp_path / "root", "dash")
    document = Document("node", (*_NEW.files, Command("slow", "sleep 0.5; echo out; echo done >/tmp/ran", ("/etc/a",))))
    process = subprocess.Popen(
        machine.argv(apply_command(Sudo())), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(stdin(document, Sudo()).encode())
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert machine.path("/tmp/ran").read_text() == "done\n"
    machine.path("/tmp/ran").unlink()
    assert machine.apply(document).result.status == "unchanged"


_NAMES = ("/etc/a", "/etc/b/c", "/opt/d", "/srv/e/f/g")
_CONTENT = st.binary(max_size=20)
_MODES = st.sampled_from(["0600", "0644", "0755", "2640"])


@st.composite
def _wishes(draw: st.DrawFn) -> Document:
    entries: list[FileEntry] = []
    for name in draw(st.lists(st.sampled_from(_NAMES), unique=True)):
        if draw(st.booleans()):
            entries.append(File(name, draw(_CONTENT), draw(_MODES), draw(st.sampled_from(["root:root", "7:8"]))))
        else:
            entries.append(Absent(name))
    return Document("node", tuple(entries))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    there=st.dictionaries(st.sampled_from(_NAMES), st.tuples(_CONTENT, st.integers(0o400, 0o777), st.booleans())),
    wishes=st.lists(_wishes(), min_size=1, max_size=3),
)
def test_whatever_was_there_and_was_wished_a_delete_brings_it_back(
    tmp_path_factory: pytest.TempPathFactory, there: dict[str, tuple[bytes, int, bool]], wishes: list[Document]
) -> None:
    machine = make_machine(tmp_path_factory.mktemp("random") / "root", "dash")
    for name, (content, mode, link) in there.items():
        if link:
            machine.write(f"{name}.target", content, mode)
            machine.path(name).symlink_to(Path(name).name + ".target")
        else:
            machine.write(name, content, mode)
    original = machine.tree()
    for wish in wishes:
        assert machine.apply(wish).code == 0
        assert actual_summary(machine.check_recorded("node").result, "s") == summary(wish, "s")
    assert machine.delete("node").code == 0
    assert machine.tree() == original
