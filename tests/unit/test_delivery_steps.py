"""The commands around the Pulumi CLI: what is asked of it, what is shown, and how they end."""

import json
import sys
from pathlib import Path

import pytest

from tests.unit.delivery_project import ENCODED, PASSWORD, Project, project

__all__ = ["project"]


def test_a_secret_in_the_engines_words_is_not_shown(project: Project, tmp_path: Path) -> None:
    """As the engine's error on a changed plan prints it, plain and as the kubernetes plugin would, in base64."""
    violation = "resource x violates plan: properties changed:"
    said = f"error: expected {PASSWORD} got other\n  auth: {ENCODED}\n{violation} ~a[{{new}}]\n"
    project.answers["up"] = (255, said)
    output = tmp_path / "shown"
    done = project.run("deploy", "--stack", "dev", "--output", str(output))
    assert done.returncode == 255
    shown = f"error: expected [secret] got other\n  auth: [secret]\n{violation} [secret]\n"
    assert done.stdout == output.read_text() == shown
    assert PASSWORD not in done.stderr


def test_events_for_a_report_hold_no_secret(project: Project) -> None:
    project.answers["preview"] = (7, "")
    events = project.folder / "events"
    project.answers["events"] = (0, json.dumps({"diagnosticEvent": {"message": f"got {PASSWORD}"}}) + "\n")
    done = project.run("preview", "-s", "dev", "--events", "events", "--drift")
    assert done.returncode == 7
    assert json.loads(events.read_text()) == {"diagnosticEvent": {"message": "got [secret]"}}
    (call,) = project.changing_calls
    assert f"--event-log={events}" in call
    assert "--refresh" in call


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_the_status_of_the_cli_is_kept(project: Project, status: int) -> None:
    for verb, words in (("preview", "preview"), ("deploy", "up"), ("destroy", "destroy"), ("drift", "refresh")):
        project.answers[words] = (status, "done\n")
        assert project.run(verb, "-s", "dev").returncode == status


@pytest.mark.parametrize("verb", ["preview", "deploy", "destroy", "drift"])
def test_a_stack_that_is_not_there_is_one_line(project: Project, verb: str) -> None:
    missing, unknown, elsewhere = (project.run(verb, "-s", stack) for stack in ("", "nope", "new"))
    assert missing.stderr == "towpath: which stack? Write STACK=name (or --stack name); there are: dev, new, prod\n"
    assert (
        unknown.stderr == "towpath: there is no stack 'nope' (no stacks/Pulumi.nope.yaml); there are: dev, new, prod\n"
    )
    assert elsewhere.stderr.startswith(
        "towpath: stack new has settings, but is not in s3://state; make it once by `pulumi"
    )
    assert [done.returncode for done in (missing, unknown, elsewhere)] == [1, 1, 1]
    assert all(done.stderr.count("\n") == 1 and not done.stdout for done in (missing, unknown, elsewhere))
    assert project.changing_calls == []


def test_an_output_that_cannot_be_written_is_one_line(project: Project) -> None:
    done = project.run("deploy", "-s", "dev", "--output", "no-folder/shown")
    assert done.returncode == 1
    assert done.stderr == "towpath: --output no-folder/shown: cannot be written (No such file or directory)\n"
    assert project.changing_calls == []


def test_keys_in_files_are_known_before_the_first_deployment(project: Project) -> None:
    (project.folder / "key").write_text("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n")
    (project.folder / "kubeconfig").write_text("users: [{user: {token: a-token}}]")
    node = {"address": "10.0.0.5", "ssh": {"private_key_file": "key"}}
    project.stack("dev", nodes={"members": {"a": node}}, cluster={"kubeconfig_file": "kubeconfig"})
    project.answers["preview"] = (0, "MIIEvQIBADANBgkqhkiG a-token\n")
    assert project.run("preview", "-s", "dev").stdout == "[secret] [secret]\n"


def test_nothing_starts_while_the_secrets_cannot_be_read(project: Project) -> None:
    project.answers["stack export"] = (255, "error: incorrect\npassphrase\n")
    done = project.run("deploy", "-s", "dev")
    assert done.returncode == 1
    assert "failed: error: incorrect passphrase" in done.stderr
    assert project.changing_calls == []


def test_a_login_at_the_backend_is_not_shown(project: Project) -> None:
    project.answers["whoami"] = (0, json.dumps({"url": "postgres://me:hunter2@db/state"}))
    assert "is not in postgres://[secret]@db/state" in project.run("preview", "-s", "new").stderr
    project.answers["stack ls"] = (255, "error: cannot open postgres://me:hunter2@db/state\n" + "x" * 475)
    done = project.run("preview", "-s", "dev")
    assert done.returncode == 1
    assert "hunter2" not in done.stderr


def test_what_was_reviewed_is_deployed(project: Project) -> None:
    project.answers |= {"preview": (0, ""), "up": (0, "")}
    project.run("preview", "-s", "dev", "--save-plan", "plan.json")
    (project.folder / "plan.json").write_text("{}")
    project.run("deploy", "-s", "dev", "--plan", "plan.json")
    preview, up = project.changing_calls
    assert preview.endswith(f"--save-plan={project.folder}/plan.json")
    assert up.endswith(f"--plan={project.folder}/plan.json")
    done = project.run("deploy", "-s", "dev", "--plan", "other.json")
    assert "other.json is not there; `make preview" in done.stderr


def test_no_plan_of_before_is_left_by_a_preview_that_fails(project: Project, tmp_path: Path) -> None:
    """It could be deployed in the belief that it is what was just reviewed."""
    plan, events = tmp_path / "plan", tmp_path / "events"
    plan.write_text("{}")
    events.write_text("{}")
    project.answers["preview"] = (255, "")
    assert project.run("preview", "-s", "dev", "--save-plan", str(plan), "--events", str(events)).returncode == 255
    assert not plan.exists()
    assert not events.exists()


def test_a_plan_that_no_longer_matches_has_a_way_out(project: Project) -> None:
    (project.folder / "plan.json").write_text("{}")
    project.answers["up"] = (255, "error: x violates plan: properties changed: ~a[b]\n")
    done = project.run("deploy", "-s", "dev", "--plan", "plan.json")
    assert done.returncode == 255
    assert done.stdout.splitlines()[-1].endswith(f"make preview STACK=dev PLAN={project.folder}/plan.json")


def test_a_new_stack_is_made_when_told_so(project: Project) -> None:
    project.answers |= {"stack init": (0, ""), "up": (0, "")}
    project.run("deploy", "-s", "new", "--create")
    assert project.changing_calls == ["stack init --no-select new --non-interactive"]


def test_a_protected_stack_is_destroyed_by_its_name_alone(project: Project) -> None:
    project.answers["destroy"] = (0, "")
    for confirmation in ("", "yes", "dev"):
        done = project.run("destroy", "-s", "prod", "--confirm", confirmation)
        assert done.returncode == 1
        assert done.stderr.endswith("make destroy STACK=prod CONFIRM=prod\n")
    assert project.changing_calls == []
    assert project.run("destroy", "-s", "prod", "--confirm", "prod").returncode == 0
    assert len(project.changing_calls) == 1


@pytest.mark.parametrize("verb", ["preview", "deploy", "drift"])
def test_a_protected_stack_is_not_kept_in_files(project: Project, verb: str) -> None:
    project.answers["whoami"] = (0, json.dumps({"url": "file:///home/x/state"}))
    done = project.run(verb, "-s", "prod")
    assert done.returncode == 1
    assert "its state would be in files of this machine" in done.stderr
    assert project.changing_calls == []


def test_a_destroy_keeps_the_settings_and_ends_well_twice(project: Project) -> None:
    project.answers |= {"destroy": (0, ""), "stack rm": (0, "")}
    project.run("destroy", "-s", "dev", "--remove")
    destroy, remove = project.changing_calls
    assert "--remove" not in destroy
    assert "--run-program" not in destroy
    assert remove == "stack rm dev --yes --preserve-config --non-interactive"
    project.answers["stack ls"] = (0, "[]")
    again = project.run("destroy", "-s", "dev", "--remove")
    assert (again.returncode, len(project.changing_calls)) == (0, 2)
    assert "nothing is left to take back" in again.stdout


def test_a_destroy_that_fails_removes_nothing(project: Project) -> None:
    project.answers |= {"destroy": (255, "no\n"), "stack rm": (0, "")}
    assert project.run("destroy", "-s", "dev", "--remove").returncode == 255
    assert len(project.changing_calls) == 1


def test_a_cluster_behind_a_node_needs_the_program(project: Project) -> None:
    project.stack("dev", cluster={"kubeconfig": "{}", "access": "ssh"})
    project.answers |= {"destroy": (0, ""), "refresh": (0, "")}
    recovery = f"{sys.executable} -SEc 'import sys; print(sys.argv[1:])'"
    done = project.run("destroy", "-s", "dev", "--recovery", recovery)
    assert done.stdout == "['--stack', 'dev', '--run-program']\n"
    project.run("drift", "-s", "dev")
    assert [call.endswith("--run-program") for call in project.changing_calls] == [True, True]


def test_a_stack_that_cannot_be_freed_is_left_alone(project: Project) -> None:
    done = project.run(
        "deploy", "-s", "dev", "--recovery", f"{sys.executable} -SEc 'print(\"{PASSWORD}\"); raise SystemExit(3)'"
    )
    assert (done.returncode, done.stdout) == (3, "[secret]\n")
    assert project.changing_calls == []


def test_wrong_settings_are_said_before_anything(project: Project) -> None:
    project.stack("dev", registry={"prot": 1})
    done = project.run("deploy", "-s", "dev")
    assert "towpath:registry.prot: unknown key" in done.stderr
    assert project.changing_calls == []
