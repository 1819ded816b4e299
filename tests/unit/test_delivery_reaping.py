"""Which stacks of pull requests go, and what `reap` and `init` do by the command line."""

import datetime as dt
import io
import json
import signal
import sys
from pathlib import Path

import pytest

from tests.unit.delivery_project import Done, Project, project
from towpath.cli import reaping
from towpath.delivery.backend import StackSummary
from towpath.delivery.reaping import judge

__all__ = ["project"]

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def summary(name: str, hours: float | None = 1, *, in_progress: bool = False) -> StackSummary:
    updated = None if hours is None else NOW - dt.timedelta(hours=hours)
    return StackSummary(name, updated, 5, in_progress)


@pytest.mark.parametrize(
    ("stack", "opened", "goes"),
    [
        (summary("pr-7"), {7}, False),
        (summary("pr-7"), {8}, True),
        (summary("pr-7"), set(), True),
        (summary("pr-7"), None, False),
        (summary("pr-7", 24), {7}, False),
        (summary("pr-7", 24.1), {7}, True),
        (summary("pr-7", 25), None, True),
        (summary("org/towpath/pr-7", 25), None, True),
        (summary("pr-7", 99, in_progress=True), set(), False),
        (summary("pr-7", None), {7}, False),
        (summary("pr-7", None), set(), True),
    ],
)
def test_who_goes(stack: StackSummary, opened: set[int] | None, goes: bool) -> None:
    (verdict,) = judge([stack], opened, NOW, DAY)
    assert verdict.goes is goes
    assert verdict.reason


def test_no_other_stack_is_even_looked_at() -> None:
    names = ["prod", "dev", "lab", "pr-", "pr-x", "pr-7b", "my-pr-7", "pr-7/prod"]
    assert judge([summary(name, 9999) for name in names], set(), NOW, DAY) == []


@pytest.fixture
def reaped(project: Project) -> Project:
    listed = [
        {"name": "prod", "lastUpdate": "2020-01-01T00:00:00.000Z", "resourceCount": 3},
        {"name": "pr-7", "lastUpdate": "2020-01-01T00:00:00.000Z", "resourceCount": 3},
        {"name": "pr-8", "lastUpdate": dt.datetime.now(dt.UTC).isoformat(), "resourceCount": 3},
    ]
    project.answers["stack ls"] = (0, json.dumps(listed))
    project.answers |= {"destroy": (0, "destroyed\n"), "stack rm": (0, "")}
    project.stack("pr-7")
    project.stack("pr-8")
    return project


def test_reap_lists_and_changes_nothing(reaped: Project) -> None:
    done = reaped.run("reap", "--open", "7, 8", "--hours", "48")
    assert done.returncode == 0
    assert "pr-7: goes, last update" in done.stdout
    assert "pr-8: stays, last update 0 h ago, lifetime 48 h" in done.stdout
    assert "1 of 2 stacks of pull requests would go; --yes" in done.stdout
    assert "prod" not in done.stdout
    assert reaped.changing_calls == []


def test_reap_destroys_and_goes_on_after_a_failure(reaped: Project) -> None:
    reaped.answers = {"destroy --stack pr-7": (255, "locked\n"), **reaped.answers}
    done = reaped.run("reap", "--open", "", "--yes")
    assert done.returncode == 1
    assert "pr-7: goes, pull request 7 is not open" in done.stdout
    assert "not destroyed: pr-7;" in done.stdout
    assert [call.split()[:3] for call in reaped.changing_calls] == [
        ["destroy", "--stack", "pr-7"],
        ["destroy", "--stack", "pr-8"],
        ["stack", "rm", "pr-8"],
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_reap_begins_no_other_stack_when_it_is_told_to_stop(
    reaped: Project, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line == "destroyed\n":
            signal.raise_signal(number)

    monkeypatch.setattr(reaping, "_say", say)
    assert reaped.run("reap", "--open", "", "--yes").returncode == 1
    assert "pr-8; this was told to stop" in said[-1]
    assert not any("pr-8" in call for call in reaped.changing_calls)
    assert signal.getsignal(number) is before


def test_reap_makes_settings_that_are_not_here(reaped: Project) -> None:
    (reaped.folder / "stacks" / "Pulumi.pr-7.yaml").unlink()
    (reaped.folder / "stacks" / "ephemeral.yaml").write_text("config: {} # ${stack}\n")
    assert reaped.run("reap", "--yes").returncode == 0
    assert (reaped.folder / "stacks" / "Pulumi.pr-7.yaml").read_text() == "config: {} # pr-7\n"


def test_a_stack_that_was_deployed_meanwhile_stays(reaped: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = json.loads(reaped.answers["stack ls"][1])
    listed[2]["lastUpdate"] = listed[1]["lastUpdate"]
    reaped.answers["stack ls"] = (0, json.dumps(listed))
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line == "destroyed\n":
            listed[2]["lastUpdate"] = dt.datetime.now(dt.UTC).isoformat()
            reaped.answers["stack ls"] = (0, json.dumps(listed))
            (reaped.programs / "answers.json").write_text(json.dumps(reaped.answers))

    monkeypatch.setattr(reaping, "_say", say)
    assert reaped.run("reap", "--yes").returncode == 0
    assert said[-1].startswith("pr-8: stays after all, last update 0 h ago")
    assert not any("pr-8" in call for call in reaped.changing_calls)


def test_a_lifetime_that_is_no_time_reaps_nothing(reaped: Project) -> None:
    done = reaped.run("reap", "--hours", "inf", "--yes")
    assert done.returncode == 1
    assert "--hours inf: write a number of hours" in done.stderr
    assert reaped.changing_calls == []


def test_a_list_that_is_none_reaps_nothing(reaped: Project) -> None:
    done = reaped.run("reap", "--open", "error: no token", "--yes")
    assert done.returncode == 1
    assert "write the numbers of pull requests" in done.stderr
    assert reaped.changing_calls == []


def init(project: Project, *arguments: str) -> Done:
    """`init` ends without an exit of its own where it succeeds: typer makes one."""
    return project.run("init", *arguments)


ANSWERS = ("--ssh-user", "ops", "--ssh-key-file", "", "--known-hosts-file", "hosts", "--proxy", "http://proxy:3128")
MORE = ("--node-cidr", "10.0.0.0/24", "--registry-host", "", "--kubeconfig-file", "", "--protected")


def test_init_writes_a_stack_that_holds(project: Project) -> None:
    (project.folder / "hosts").write_text("")
    nodes = ("--node", "a=10.0.0.5", "--node", "b=10.0.0.6")
    done = init(project, "--stack", "qa", *nodes, *ANSWERS, *MORE)
    assert done.returncode == 0, done.stderr
    text = (project.folder / "stacks" / "Pulumi.qa.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert "  towpath:protected: true\n" in text
    assert "stacks/Pulumi.qa.yaml is written" in done.stdout
    again = init(project, "--stack", "qa", *nodes, *ANSWERS, *MORE)
    assert "stacks/Pulumi.qa.yaml is there already" in again.stderr


def test_init_asks_for_what_is_not_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["qa", "a=10.0.0.5", "", "", "", "hosts", "registry.example.com", "", "n"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))
    done = init(project)
    assert done.returncode == 0, done.stderr
    text = (project.folder / "stacks" / "Pulumi.qa.yaml").read_text()
    assert "host: registry.example.com" in text
    assert "agent: true" in text
    assert "known_hosts_file: hosts" in text
    assert "protected" not in text


@pytest.mark.parametrize(
    ("stack", "node", "wanted"),
    [
        ("q/../a b", "a=1.2.3.4", "is no name of a stack"),
        ("qa", "a", "name=address"),
        ("qa", "a=x y", "is neither a DNS"),
    ],
)
def test_init_refuses_what_would_not_hold(project: Project, stack: str, node: str, wanted: str) -> None:
    done = init(project, "--stack", stack, "--node", node, *ANSWERS, *MORE)
    assert done.returncode == 1
    assert wanted in done.stderr
    assert not (project.folder / "stacks" / "Pulumi.qa.yaml").exists()


def test_init_without_a_terminal_says_which_answer_is_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = init(project, "--stack", "qa", *ANSWERS, *MORE)
    assert done.returncode == 1
    assert "no answer to 'The nodes, as name=address" in done.stderr


def test_init_writes_no_password_into_a_file(project: Project) -> None:
    login = (*ANSWERS[:-1], "http://user:hunter2@proxy:3128")
    done = init(project, "--stack", "qa", "--node", "a=10.0.0.5", *login, *MORE)
    assert done.returncode == 1
    assert "pulumi config set --secret --path 'towpath:proxy.http' --stack qa" in done.stderr
    assert "hunter2" not in done.stderr
    assert not (project.folder / "stacks" / "Pulumi.qa.yaml").exists()


def test_a_template_asks_nothing(project: Project, tmp_path: Path) -> None:
    template = tmp_path / "ephemeral.yaml"
    template.write_text("config:\n  a: ${stack} ${stack}\n")
    assert init(project, "--stack", "pr-12", "--from", str(template)).returncode == 0
    assert (project.folder / "stacks" / "Pulumi.pr-12.yaml").read_text() == "config:\n  a: pr-12 pr-12\n"
    assert "cannot be read" in init(project, "--stack", "pr-13", "--from", "nothing.yaml").stderr
