"""Rotation of an account: the new login works, the old one works on, and the registry does not restart."""

import httpx

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace

STARTED = ("inspect", "registry-6011", "--format", "{{.State.StartedAt}}")


def status(workspace: StackWorkspace, login: dict[str, str]) -> int:
    """Answer of the registry's API to a login."""
    outputs = workspace.outputs()
    with httpx.Client(verify=workspace.trust(outputs), trust_env=False, timeout=60) as client:
        return client.get(f"{outputs['registry']['url']}/v2/", auth=(login["username"], login["password"])).status_code


def test_old_and_new_overlap_until_the_old_is_withdrawn(lab: LabAccess, new_workspace: StackWorkspace) -> None:
    new_workspace.up().ok()
    old = new_workspace.outputs()["credentials"]["team-a"]
    other = new_workspace.outputs()["credentials"]["ci"]
    started = lab.docker(*STARTED).check().stdout

    new_workspace.configure(accounts=[{"name": "ci"}, {"name": "team-a", "rotation": 2}])
    new_workspace.up().ok()
    new = new_workspace.outputs()["credentials"]["team-a"]
    assert (old["username"], new["username"]) == ("team-a.1", "team-a.2")
    assert old["password"] != new["password"]
    assert new_workspace.outputs()["credentials"]["ci"] == other
    assert [status(new_workspace, login) for login in (old, new, other)] == [200, 200, 200]

    withdrawn = {"name": "team-a", "rotation": 2, "keep_previous": False}
    new_workspace.configure(accounts=[{"name": "ci"}, withdrawn])
    new_workspace.up().ok()
    assert [status(new_workspace, login) for login in (old, new, other)] == [401, 200, 200]
    assert lab.docker(*STARTED).check().stdout == started
