"""Drift of the registry: found by refresh, shown by preview, repaired by up; and nothing to do afterwards."""

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace

FOLDER = "/etc/towpath/registry-6010"
DAMAGE = {
    "stopped": ("docker stop registry-6010", "registry-6010"),
    "gone": ("docker rm --force registry-6010", "registry-6010"),
    "htpasswd edited": (f"echo 'x:y' >> {FOLDER}/auth/htpasswd", f"{FOLDER}/auth/htpasswd"),
    "key for all to read": (f"chmod 0644 {FOLDER}/certs/key.pem", f"{FOLDER}/certs/key.pem"),
    "config deleted": (f"rm {FOLDER}/config/config.yml", f"{FOLDER}/config/config.yml"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_drift_is_found_and_repaired(lab: LabAccess, stack: StackWorkspace, damage: str) -> None:
    command, named = DAMAGE[damage]
    lab.run("node-1", command).check()
    refreshed = stack.refresh("--diff").ok()
    assert named in refreshed.output
    assert "~ 1 updated" in refreshed.output
    repaired = stack.up().ok()
    assert "registry-state" in repaired.output
    assert stack.catalog_status() == 200
    stack.pulumi("preview", "--refresh", "--expect-no-changes", "-s", stack.stack).ok()


def test_without_drift_a_refresh_finds_nothing(stack: StackWorkspace) -> None:
    stack.refresh("--expect-no-changes").ok()


def test_a_refresh_keeps_the_connection_secret(stack: StackWorkspace) -> None:
    stack.refresh().ok()
    for resource in stack.export()["deployment"]["resources"]:
        if resource["type"] == "pulumi-python:dynamic/nodes:NodeState":
            for values in (resource["inputs"], resource["outputs"]):
                assert set(values["connection"]) == {"4dabf18193072939515e22adb298388d", "ciphertext"}
