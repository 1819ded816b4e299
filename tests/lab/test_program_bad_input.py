"""Bad input, through the real engine: one clear error, no traceback, nothing on a machine."""

from pathlib import Path

import asyncssh
import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace
from towpath.ssh.known_hosts import host_key_for


def refused(workspace: StackWorkspace, *wanted: str) -> None:
    """Preview and see the error; the preview is what `pulumi up` shows first."""
    preview = workspace.preview()
    assert preview.code != 0
    for part in wanted:
        assert part in preview.output, preview.output
    assert "Traceback" not in preview.output
    assert "nothing was changed" in preview.output


def member(lab: LabAccess, **keys: object) -> dict[str, object]:
    return {"members": {"node-1": {"address": lab.nodes["node-1"], **keys}}}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "id_stranger"
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return path


def test_an_unknown_key_and_a_wrong_value_come_together(new_workspace: StackWorkspace) -> None:
    new_workspace.change("registry", prot=1, port=70000)
    refused(
        new_workspace,
        "towpath:registry.prot: unknown key; did you mean 'port'?",
        "towpath:registry.port = 70000: is not a port; write a whole number from 1 to 65535",
    )


def test_a_node_without_a_host_key(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    new_workspace.change("nodes", ssh={"private_key_file": str(lab.key)})
    refused(new_workspace, "towpath:nodes.members.node-1.host_key", "ssh-keyscan -t ed25519 10.89.0.11")


def test_an_unreachable_node(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    nodes = new_workspace.settings["nodes"]["members"]
    host_key = host_key_for(lab.known_hosts.read_text(), "10.89.0.11")
    gone = {"address": "10.89.0.250", "host_key": host_key}
    new_workspace.change("nodes", members={**nodes, "node-9": gone})
    refused(new_workspace, "towpath:nodes.members.node-9.address = '10.89.0.250'")


def test_a_wrong_ssh_key(new_workspace: StackWorkspace, key_file: Path) -> None:
    new_workspace.change("nodes", ssh={**new_workspace.settings["nodes"]["ssh"], "private_key_file": str(key_file)})
    refused(new_workspace, "towpath:nodes.members.node-1.address = '10.89.0.11'", "root")


def test_a_changed_host_key(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    new_workspace.change("nodes", **member(lab, host_key=stranger))
    refused(new_workspace, "towpath:nodes.members.node-1.address = '10.89.0.11'", "host key")


def test_a_user_without_sudo_rights(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    ssh = {**new_workspace.settings["nodes"]["ssh"], "user": "deploy", "sudo": "passwordless"}
    new_workspace.change("nodes", ssh=ssh)
    refused(new_workspace, "towpath:nodes.members.node-1.address", "root")
