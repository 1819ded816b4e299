"""What can go wrong with the registry container: one clear error, and the old registry serves on."""

import re

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace

CONTAINER = "registry-6011"


@pytest.fixture
def running(new_workspace: StackWorkspace) -> StackWorkspace:
    new_workspace.up().ok()
    return new_workspace


def test_an_image_that_is_missing_leaves_the_old_registry_serving(lab: LabAccess, running: StackWorkspace) -> None:
    running.change("registry", image="registry:0.0-missing")
    failed = running.up()
    assert failed.code != 0
    assert "registry:0.0-missing" in failed.output
    running.change("registry", image="registry:3")
    assert running.catalog_status() == 200
    running.up().ok()


def test_a_port_in_use_is_named_before_anything_is_touched(lab: LabAccess, running: StackWorkspace) -> None:
    lab.run("node-1", "systemd-run --unit=squatter --collect socat TCP-LISTEN:6012,fork,reuseaddr EXEC:cat").check()
    try:
        running.change("registry", port=6012)
        failed = running.up()
        assert failed.code != 0
        assert "6012" in failed.output
        assert "in use" in failed.output
        assert "6011->" in lab.docker("ps", "--filter", f"name={CONTAINER}", "--format", "{{.Ports}}").stdout
    finally:
        lab.run("node-1", "systemctl stop squatter")


def test_a_registry_that_does_not_come_up_shows_its_last_words(lab: LabAccess, running: StackWorkspace) -> None:
    """An image whose program refuses its arguments stands for every server that exits at once."""
    lab.docker(
        "build",
        "--quiet",
        "--tag",
        "registry:broken",
        "-",
        stdin='FROM registry:3\nENTRYPOINT ["registry", "help-me"]\n',
    ).check()
    before = lab.docker("inspect", CONTAINER, "--format", "{{.Id}}").stdout
    running.change("registry", image="registry:broken")
    failed = running.up()
    assert failed.code != 0
    assert "help-me" in failed.output
    assert (
        lab.docker("inspect", CONTAINER, "--format", "{{.Id}} {{.State.Running}}").stdout == f"{before.strip()} true\n"
    )
    assert lab.docker("ps", "--all", "--filter", "name=registry-6011-", "--quiet").stdout == ""
    running.change("registry", image="registry:3")
    running.up().ok()


def test_a_foreign_container_of_the_name_is_refused(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    lab.docker("create", "--name", CONTAINER, "registry:3").check()
    try:
        failed = new_workspace.up()
        assert failed.code != 0
        assert CONTAINER in failed.output
        assert lab.docker("inspect", CONTAINER, "--format", "{{.State.Status}}").stdout == "created\n"
    finally:
        lab.docker("rm", "--force", CONTAINER)


def test_a_change_is_made_in_place_and_announced(lab: LabAccess, running: StackWorkspace) -> None:
    running.change("registry", realm="Another Realm")
    preview = running.preview().ok()
    assert "config.yml" in preview.output
    assert re.search(r"~ restarts\s*: {\s*~ registry-6011:", preview.output)
    assert "delete" not in preview.output.lower().replace("deleted", "")
    running.up().ok()
    answer = lab.run(
        "node-1", "openssl s_client -quiet -connect 127.0.0.1:6011 2>/dev/null", stdin="GET /v2/ HTTP/1.0\r\n\r\n"
    )
    assert 'realm="Another Realm"' in answer.stdout
    assert "X-Content-Type-Options: nosniff" in answer.stdout
    running.preview("--expect-no-changes").ok()
