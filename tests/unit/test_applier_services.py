"""Services that follow changed files, with an init system that is a script."""

from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from tests.unit.fake_systemd import DAEMON, DROP_IN, KILL_THE_RUN, SYSTEMCTL, calls, with_systemd
from towpath.applier.actors import Service
from towpath.applier.document import Document
from towpath.applier.entries import Block, File, Json, JsonKeys
from towpath.applier.summary import actual_summary, summary


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return with_systemd(make_machine(tmp_path / "root", request.param))


@pytest.fixture
def dash(tmp_path: Path) -> Machine:
    return with_systemd(make_machine(tmp_path / "root", "dash"))


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
