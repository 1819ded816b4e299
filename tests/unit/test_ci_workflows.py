"""The workflows: thin, pinned, with few rights, and with names that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
FILES = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE))
CALLED = re.compile(r"(?<![\w/.-])(?:make ([a-z]+)|\.ci/([a-z-]+))")


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / ".github" / "workflows" / f"{name}.yml").read_text())
    return found


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        for name, job in workflow(path.stem)["jobs"].items():
            yield f"{path.stem}.{name}", job


def runs(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_there_are_all_of_them() -> None:
    assert [path.stem for path in FILES] == ["check", "deploy", "drift", "ephemeral", "preview", "reap"]


@pytest.mark.parametrize(("name", "job"), list(jobs()), ids=[name for name, _ in jobs()])
def test_a_job_is_pinned_bounded_and_thin(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 120
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
        # An expression inside of a shell line would be the author's of a pull request to fill.
        assert "${{" not in step.get("run", "")
    assert CALLED.search(runs(job))


def test_rights_are_given_one_by_one() -> None:
    for path in FILES:
        assert workflow(path.stem)["permissions"] in ({}, {"contents": "read"})
    writing = {name: job["permissions"] for name, job in jobs() if "write" in str(job.get("permissions"))}
    assert writing == {"preview.preview": {"contents": "read", "pull-requests": "write"}}


@pytest.mark.parametrize("path", [*FILES, PROJECT / ".gitlab-ci.yml"], ids=lambda path: path.name)
def test_every_target_and_script_exists(path: Path) -> None:
    called = CALLED.findall(path.read_text())
    assert called
    for target, script in called:
        assert not target or target in TARGETS
        assert not script or (PROJECT / ".ci" / script).stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["deploy", "ephemeral", "drift", "reap"])
def test_what_changes_a_stack_runs_alone_and_is_never_cut_off(name: str) -> None:
    whole = workflow(name)
    for job in whole["jobs"].values():
        concurrency = job.get("concurrency") or whole["concurrency"]
        assert concurrency["cancel-in-progress"] is False
        assert job["environment"]
        # A group holds one run that waits: a drift that came last would cancel a deployment there.
        if name != "reap":
            assert str(concurrency["group"]).startswith("drift-" if name == "drift" else "stack-")


def test_a_merge_goes_through_the_stacks_in_order() -> None:
    needs = {name: job.get("needs") for name, job in workflow("deploy")["jobs"].items()}
    assert needs == {"dev": None, "staging": "dev", "plan-prod": "staging", "prod": "plan-prod"}
    prod = workflow("deploy")["jobs"]["prod"]
    assert prod["environment"] == "prod"
    assert "PLAN=plan/prod.json" in runs(prod)
    assert ".ci/preview prod plan/prod.json" in runs(workflow("deploy")["jobs"]["plan-prod"])


def test_a_fork_gets_no_credentials() -> None:
    for name in ("preview", "ephemeral"):
        whole = workflow(name)
        assert "pull_request_target" not in (PROJECT / ".github" / "workflows" / f"{name}.yml").read_text()
        for job in whole["jobs"].values():
            assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
