"""What follows changed files: commands and services, with an init system that is a script."""

import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from towpath.applier.actors import TRUST_STORE, Command, Service
from towpath.applier.bootstrap import Sudo, apply_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import Block, File, Json, JsonKeys
from towpath.applier.summary import actual_summary, summary

DROP_IN = "/etc/systemd/system/docker.service.d/proxy.conf"
DAEMON = "/etc/docker/daemon.json"
SYSTEMCTL = r"""
log=/fake/sys.log
[ "$1" = show ] || echo "$*" >>$log
case $1 in
show)
    shift
    for unit; do
        case $unit in
        -p | *,*) continue ;;
        esac
        name=${unit%.service}
        if [ -f "/units/$name" ]; then
            printf 'Id=%s\nLoadState=loaded\nActiveState=%s\n\n' "$unit" "$(cat "/units/$name")"
        else
            printf 'Id=%s\nLoadState=not-found\nActiveState=inactive\n\n' "$unit"
        fi
    done
    ;;
is-active) [ "$(cat "/units/${2%.service}")" = active ] || { echo failed; exit 3; } ;;
restart | reload)
    name=${2%.service}
    if grep -q BAD /etc/systemd/system/docker.service.d/*.conf 2>/dev/null; then
        echo failed >"/units/$name"
        echo "Job for $name failed." >&2
        exit 1
    fi
    echo active >"/units/$name"
    ;;
esac
"""

KILL_THE_RUN = (
    "p=$PPID; until grep -q 'towpath.boot\\|applier.sh' /proc/$p/cmdline; "
    "do p=$(awk '{print $4}' /proc/$p/stat); done; kill -9 $p"
)


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return with_systemd(make_machine(tmp_path / "root", request.param))


@pytest.fixture
def dash(tmp_path: Path) -> Machine:
    return with_systemd(make_machine(tmp_path / "root", "dash"))


def with_systemd(machine: Machine) -> Machine:
    machine.path("/run/systemd/system").mkdir(parents=True)
    machine.write("/units/docker", "active\n")
    machine.write("/units/containerd", "inactive\n")
    machine.fake("systemctl", SYSTEMCTL)
    machine.fake("journalctl", "echo the log of $2 with s3cret")
    machine.fake("docker", "exit 0")
    return machine


def calls(machine: Machine) -> list[str]:
    log = machine.path("/fake/sys.log")
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line for line in lines if not line.startswith(("is-active", "reset-failed"))]


def document(drop_in: str, insecure: str = "a", mode: str = "0644") -> Document:
    return Document(
        "node",
        (
            File(DROP_IN, drop_in, mode, when="docker+systemd"),
            Block("/etc/conf.d/docker", ("x",), when="docker+openrc"),
            JsonKeys(DAEMON, {"insecure-registries": [insecure]}, frozenset({"insecure-registries"})),
            File("/etc/containerd.conf", drop_in),
            Service(
                "docker", (DROP_IN,), (f"{DAEMON}#insecure-registries",), check="true",
                timeout_seconds=3,
            ),
            Service("containerd", ("/etc/containerd.conf",)),
            Service("crio", ("/etc/containerd.conf",)),
        ),
        secrets=("s3cret",),
    )  # fmt: skip


def test_a_service_restarts_on_changed_content_alone(machine: Machine) -> None:
    first = machine.apply(document("one"))
    assert first.code == 0, first
    assert calls(machine) == ["daemon-reload", "reload docker.service", "restart docker.service"]
    outcomes = {(step.name, step.outcome) for step in first.result.of("service")}
    assert {("docker", "restarted"), ("containerd", "skipped")} <= outcomes
    assert machine.apply(document("one")).result.status == "unchanged"
    assert machine.apply(document("one", mode="0600")).result.status == "changed"
    assert calls(machine) == ["daemon-reload"]
    assert machine.apply(document("one", "b", mode="0600")).result.status == "changed"
    assert calls(machine) == ["reload docker.service"]
    machine.path(DROP_IN).write_text("by hand")
    found = actual_summary(machine.check_recorded("node").result, "x")
    wished = summary(document("one", "b", mode="0600"), "x")
    assert found["restarts"]["docker"] != wished["restarts"]["docker"]
    assert found["reloads"] == wished["reloads"]
    assert machine.apply(document("one", "b", mode="0600")).result.status == "changed"
    assert calls(machine) == ["daemon-reload", "restart docker.service"]
    assert machine.path(DROP_IN).read_text() == "one"


def test_a_delete_restarts_what_it_takes_away_from(machine: Machine) -> None:
    before = machine.tree()
    assert machine.apply(document("one")).code == 0
    calls(machine)
    assert machine.delete("node").code == 0
    assert calls(machine) == ["daemon-reload", "restart docker.service"]
    assert machine.tree() == before


def test_a_member_that_goes_needs_a_restart_and_one_that_comes_back_does_not(machine: Machine) -> None:
    """dockerd keeps the value of a member that a reload does not find any more."""
    machine.write(DAEMON, '{"mine": 1, "debug": false}')
    assert machine.apply(members(debug=True, mirrors=["a"])).code == 0
    assert calls(machine) == ["reload docker.service"]
    assert machine.apply(members(mirrors=["b"])).code == 0
    assert calls(machine) == ["reload docker.service"]
    assert machine.apply(members(debug=True)).code == 0
    assert calls(machine) == ["reload docker.service", "restart docker.service"]
    assert machine.delete("node").code == 0
    assert calls(machine) == ["reload docker.service"]


def members(**keys: Json) -> Document:
    """Return a document that merely sets members of daemon.json, which docker reloads."""
    hooks = tuple(f"{DAEMON}#{key}" for key in keys)
    return Document("node", (JsonKeys(DAEMON, keys, when="docker"), Service("docker", reload_on=hooks)))


def test_a_service_that_does_not_come_up_gets_its_old_files_back(machine: Machine) -> None:
    assert machine.apply(document("one")).code == 0
    before = machine.tree()
    calls(machine)
    bad = machine.apply(document("BAD s3cret", "b"))
    assert bad.code == 11
    assert bad.result.status == "rolled-back"
    assert bad.err.splitlines()[-1].endswith("the old state is back and works")
    assert "docker does not come up with the new settings" in bad.err
    assert "the log of docker.service with [secret]" in bad.err
    assert "s3cret" not in bad.err + bad.out
    log = calls(machine)
    assert log[:3] == ["daemon-reload", "reload docker.service", "daemon-reload"]
    assert log[-1] == "restart docker.service"
    assert machine.tree() == before
    assert machine.apply(document("two", "b")).code == 0


@pytest.mark.parametrize("then", ["apply", "delete"])
def test_a_run_killed_at_a_restart_is_followed_up_by_the_next(machine: Machine, then: str) -> None:
    """The killed run left the service with the new files: it restarts with the old ones, though no file differs."""
    assert machine.apply(document("one")).code == 0
    machine.fake("systemctl", f"[ $1 != restart ] || {{ {KILL_THE_RUN}; }}\n{SYSTEMCTL}")
    assert machine.apply(document("two")).code != 0
    machine.fake("systemctl", SYSTEMCTL)
    calls(machine)
    if then == "apply":
        healed = machine.apply(document("one"))
        assert healed.code == 0, healed
        assert "recovered" in {step.outcome for step in healed.result.of("run")}
        assert machine.path(DROP_IN).read_text() == "one"
    else:
        assert machine.delete("node").code == 0
    assert "restart docker.service" in calls(machine)


def test_an_old_state_that_does_not_come_up_either_is_said(dash: Machine) -> None:
    dash.write(DROP_IN, "BAD from before\n")
    outcome = dash.apply(document("BAD too"))
    assert outcome.code == 12
    assert outcome.result.status == "failed"
    assert "putting the old state back failed too: docker" in outcome.err
    dash.path(DROP_IN).write_text("mended\n")
    healed = dash.apply(document("one"))
    assert healed.code == 0, healed


def test_a_failing_check_counts_as_no_answer(dash: Machine) -> None:
    wish = Document(
        "node", (File("/etc/x", "1"), Service("docker", ("/etc/x",), check="echo too early; exit 1", timeout_seconds=1))
    )
    outcome = dash.apply(wish)
    assert outcome.code == 12
    assert "no answer within 1 s: too early" in outcome.err


def test_a_command_runs_when_its_paths_change_and_is_undone(machine: Machine) -> None:
    wish = Document(
        "node", (File("/etc/x", "1"), Command("note", "echo run >>/tmp/notes", ("/etc/x",), "echo undo >>/tmp/notes"))
    )
    machine.apply(wish)
    machine.apply(wish)
    machine.delete("node")
    assert machine.path("/tmp/notes").read_text() == "run\nundo\n"


def test_a_command_of_a_run_that_was_killed_is_undone(machine: Machine) -> None:
    """It stands in no document that was ever in force."""
    deadly = f"echo run >>/tmp/notes; {KILL_THE_RUN}"
    wish = Document("node", (File("/etc/x", "1"), Command("note", deadly, ("/etc/x",), "echo undo >>/tmp/notes")))
    assert machine.apply(wish).code != 0
    assert machine.delete("node").code == 0
    assert machine.path("/tmp/notes").read_text() == "run\nundo\n"
    assert not machine.path("/etc/x").exists()


def test_a_roll_back_leaves_a_command_of_the_old_document_in_force(dash: Machine) -> None:
    def wish(content: str, last: str) -> Document:
        note = Command("note", "echo run >>/tmp/notes", ("/etc/x",), "echo undo >>/tmp/notes")
        return Document("node", (File("/etc/x", content), note, Command("last", last, ("/etc/x",), "true")))

    assert dash.apply(wish("1", "true")).code == 0
    assert dash.apply(wish("2", "false")).code == 11
    assert dash.path("/tmp/notes").read_text() == "run\nrun\nrun\n"


def test_a_failing_command_rolls_back(machine: Machine) -> None:
    before = machine.tree()
    wish = Document("node", (File("/etc/x", "1"), Command("note", "echo no space; exit 3", ("/etc/x",), "true")))
    outcome = machine.apply(wish)
    assert outcome.code == 11
    assert "no space" in outcome.err
    assert outcome.err.splitlines()[-1] == f"towpath: {_host()}: note failed; the old state is back and works"
    assert machine.tree() == before


def _host() -> str:
    return subprocess.check_output(["uname", "-n"], text=True).strip()


@pytest.mark.parametrize(
    ("tools", "folder", "expected"),
    [
        ({"update-ca-certificates": None}, "/usr/local/share/ca-certificates", ["", "--fresh"]),
        ({"update-ca-certificates": "/etc/pki/trust"}, "/etc/pki/trust/anchors", ["", "--fresh"]),
        ({"update-ca-trust": None}, "/etc/pki/ca-trust/source/anchors", ["extract", "extract"]),
    ],
)
def test_the_trust_store_is_that_of_the_distribution(
    tmp_path: Path, tools: dict[str, str | None], folder: str, expected: list[str]
) -> None:
    machine = make_machine(tmp_path / "root", "busybox")
    for name, present in tools.items():
        machine.fake(name, 'echo "$*" >>/tmp/calls')
        if present:
            machine.path(present).mkdir(parents=True)
    wish = Document(
        "node", (File("@trust@/towpath-x.crt", "PEM"), Command("trust", TRUST_STORE, ("@trust@/towpath-x.crt",)))
    )
    assert machine.apply(wish).code == 0
    assert machine.path(f"{folder}/towpath-x.crt").read_text() == "PEM"
    assert actual_summary(machine.check(wish).result, "s") == summary(wish, "s")
    assert machine.delete("node").code == 0
    assert machine.path("/tmp/calls").read_text().splitlines() == expected


def test_a_machine_without_a_trust_store_is_told_so(tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "root", "busybox")
    outcome = machine.apply(Document("node", (File("@trust@/x.crt", "PEM"),)))
    assert outcome.code == 10
    assert "install the package ca-certificates" in outcome.err


def test_containerd_s_own_folder_for_hosts_is_used(machine: Machine) -> None:
    wish = Document("node", (File("@certs.d@/h:5000/hosts.toml", "x"),))
    assert machine.apply(wish).code == 0
    assert machine.path("/etc/containerd/certs.d/h:5000/hosts.toml").exists()
    machine.write("/etc/containerd/config.toml", '[plugins.x]\n  config_path = "/opt/certs:/etc/other"\n')
    assert machine.apply(wish).result.status == "changed"
    assert machine.path("/opt/certs/h:5000/hosts.toml").exists()
    assert not machine.path("/etc/containerd/certs.d").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_two_runs_at_once_take_turns(tmp_path: Path, shell: str) -> None:
    machine = make_machine(tmp_path / "root", shell)
    slow = Document(
        "one",
        (File("/etc/x", "1"), Command("slow", "echo $PPID >/tmp/at; sleep 2; echo slow >>/tmp/order", ("/etc/x",))),
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
    assert machine.apply(quick).code == 0
    first.join()
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
