"""A stack's whole way by the targets and scripts that the workflows call: plan, report, deployment, drift, teardown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.delivery_workspace import DeliveryWorkspace, checkout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.lab_access import LabAccess
    from tests.lab.node_access import NodeAccess

STACK = "delivered"
PLAN = "plan/delivered.json"
PASSWORDS = ("first-password-of-pods", "reviewed-password-of-pods", "unreviewed-password-of-pods")
FILE = "/etc/towpath/registry-delivered/config/config.yml"
REGISTRY = {
    "port": 6085,
    "container": "registry-delivered",
    "storage_folder": "/data/registry-delivered",
    "config_folder": "/etc/towpath/registry-delivered",
}


def set_up(lab: LabAccess, node: NodeAccess, folder: Path) -> DeliveryWorkspace:
    workspace = checkout(lab, folder, STACK)
    workspace.configure(
        nodes={
            "ssh": {"private_key_file": ".towpath/ssh/id_ed25519", "known_hosts_file": str(lab.known_hosts)},
            "setup": {"runtimes": ["docker"]},
            "members": {node.name: {"address": node.address}},
        },
        registry={**REGISTRY, "node": node.name},
        accounts=[{"name": "ci", "role": "push"}, {"name": "pods", "password": ""}],
    )
    (folder / "plan").mkdir()
    workspace.run(".ci/credentials", TOWPATH_SSH_KEY=lab.key.read_text()).ok()
    return workspace


def test_what_was_reviewed_is_deployed_and_nothing_else(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path: Path
) -> None:
    node = spare_nodes[0]
    before = node.tree()
    workspace = set_up(lab, node, tmp_path / "checkout")
    old, reviewed, unreviewed = PASSWORDS
    said = []
    try:
        workspace.set_secret("accounts[1].password", old)
        said.append(workspace.make("deploy").ok().output)

        workspace.set_secret("accounts[1].password", reviewed)
        report = workspace.run(".ci/preview", STACK, PLAN).ok().output
        said.append(report)
        assert f"## Preview of {STACK}" in report
        assert "auth/htpasswd" in report
        assert (workspace.folder / PLAN).stat().st_mode & 0o077 == 0
        said.append((workspace.folder / PLAN).read_text())

        workspace.set_secret("accounts[1].password", unreviewed)
        htpasswd = node.sh(f"cat {REGISTRY['config_folder']}/auth/htpasswd")
        refused = workspace.make("deploy", PLAN=PLAN)
        said.append(refused.output)
        assert refused.code != 0
        assert "violates plan: properties changed: [secret]" in refused.output
        assert f"review anew what a deployment would do: make preview STACK={STACK} PLAN=" in refused.output
        assert node.sh(f"cat {REGISTRY['config_folder']}/auth/htpasswd") == htpasswd

        workspace.set_secret("accounts[1].password", reviewed)
        said.append(workspace.make("deploy", PLAN=PLAN).ok().output)
        assert workspace.outputs()["credentials"]["pods"]["password"] == reviewed
        assert workspace.catalog_status("pods") == 200

        node.sh(f"echo '# by hand' >>{FILE}")
        drifted = workspace.run(".ci/preview", STACK).ok().output
        said.append(drifted)
        assert "### Drift" in drifted
        assert "config.yml" in drifted.partition("### Drift")[2]
        nightly = workspace.make("drift")
        said.append(nightly.output)
        assert nightly.code != 0
        assert FILE in nightly.output
    finally:
        destroyed = workspace.make("destroy", REMOVE="1")
        said.append(destroyed.output)
    assert destroyed.code == 0, destroyed.output
    assert [password for password in PASSWORDS if any(password in text for text in said)] == []
    assert lab.key.read_text().splitlines()[1] not in "".join(said)
    node.sh(f"rmdir {REGISTRY['storage_folder']} 2>/dev/null; true")
    assert node.tree() == before
    assert workspace.file(STACK).is_file()
    assert workspace.stacks() == set()
