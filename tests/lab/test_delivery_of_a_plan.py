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
    "storage_folder": "/srv/registry-delivered",
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


def review(workspace: DeliveryWorkspace) -> list[str]:
    """Let the script of the workflows report on the change and save its plan; returns all that anyone can read."""
    report = workspace.run(".ci/preview", STACK, PLAN).ok().output
    assert f"## Preview of {STACK}" in report
    assert "auth/htpasswd" in report
    plan = workspace.folder / PLAN
    assert plan.stat().st_mode & 0o077 == 0
    return [report, plan.read_text()]


def be_refused(workspace: DeliveryWorkspace, node: NodeAccess) -> str:
    """Deploy a plan that no longer matches; the machine stays as it was."""
    file = f"{REGISTRY['config_folder']}/auth/htpasswd"
    before = node.read(file)
    refused = workspace.make("deploy", PLAN=PLAN)
    assert refused.code != 0
    assert "violates plan: properties changed: [secret]" in refused.output
    assert f"review anew what a deployment would do: make preview STACK={STACK} PLAN=" in refused.output
    assert node.read(file) == before
    return refused.output


def drift(workspace: DeliveryWorkspace, node: NodeAccess) -> list[str]:
    """Change a file by hand; the report of a pull request tells it, and the nightly run fails."""
    node.sh(f"echo '# by hand' >>{FILE}")
    report = workspace.run(".ci/preview", STACK).ok().output
    assert "config.yml" in report.partition("### Drift")[2]
    nightly = workspace.make("drift")
    assert nightly.code != 0
    assert FILE in nightly.output
    return [report, nightly.output]


def destroy_with_images_saved(workspace: DeliveryWorkspace, archive: Path) -> str:
    """Take everything back, and its images out first."""
    workspace.run(".venv/bin/python", "-m", "towpath", "images", "import", str(archive), "-s", STACK).ok()
    said = workspace.make("destroy", EXPORT="saved", REMOVE="1").ok().output
    assert (workspace.folder / "saved" / "index.json").is_file()
    return said


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
        said.extend(review(workspace))
        workspace.set_secret("accounts[1].password", unreviewed)
        said.append(be_refused(workspace, node))
        workspace.set_secret("accounts[1].password", reviewed)
        said.append(workspace.make("deploy", PLAN=PLAN).ok().output)
        assert workspace.outputs()["credentials"]["pods"]["password"] == reviewed
        assert workspace.catalog_status("pods") == 200
        said.extend(drift(workspace, node))
        said.append(destroy_with_images_saved(workspace, lab.image_archive("hello")))
    finally:
        again = workspace.make("destroy", REMOVE="1")
        node.sh(f"rm -rf {REGISTRY['storage_folder']}")
    assert again.code == 0, again.output
    assert "nothing is left to take back" in again.output
    assert [password for password in PASSWORDS if any(password in text for text in said)] == []
    assert lab.key.read_text().splitlines()[1] not in "".join(said)
    assert node.tree() == before
    assert workspace.file(STACK).is_file()
    assert workspace.stacks() == set()
