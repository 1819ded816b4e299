"""What was changed by hand: found and named by a refresh, repaired by `up`, with no more restarts than needed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace

PORT = 6023
DOCKER, CONTAINERD = (f"/etc/systemd/system/{unit}.service.d/towpath-proxy.conf" for unit in ("docker", "containerd"))


@dataclass(frozen=True)
class Drift:
    """A stack whose second node was changed by hand in three places."""

    stack: StackWorkspace
    untouched: NodeAccess
    drifted: NodeAccess
    ca: str
    """Path of the CA that was deleted."""


@pytest.fixture(scope="module")
def drift(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drift]:
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("drift"), PORT)
    stack.change("nodes", setup={"runtimes": ["docker", "containerd"]})
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
    first, second = spare_nodes
    second.sh("cp -a /etc/containerd/config.toml /root/config.toml.stock")
    stack.up().ok()
    drift = Drift(stack, first, second, f"/etc/containerd/certs.d/{first.address}:{PORT}/ca.crt")
    second.sh(f"echo Environment=BY_HAND=1 >>{DOCKER}; chmod 0666 {CONTAINERD}; rm {drift.ca}")
    yield drift
    stack.destroy().ok()
    # Without the records of its applies, a machine's config_path counts as somebody else's.
    second.sh("cp -a /root/config.toml.stock /etc/containerd/config.toml; systemctl restart containerd")


def changed_files(diff: str) -> set[str]:
    """Return the keys of a detailed diff's changed values that are paths."""
    return set(re.findall(r'~ (\S*/\S*?) *: "', diff))


def test_a_preview_with_refresh_names_files_and_node_and_who_restarts(drift: Drift) -> None:
    before = drift.drifted.tree()

    shown = drift.stack.preview("--refresh").ok().output

    assert changed_files(shown) == {DOCKER, CONTAINERD, drift.ca.replace("/etc/containerd/certs.d", "@certs.d@")}
    assert re.findall(r'machine *: "(.*)"', shown) == [drift.drifted.name]
    assert re.search(r'~ docker *: "', shown)
    assert not re.search(r'~ containerd *: "', shown)
    assert drift.drifted.tree() == before


def test_a_refresh_names_the_node_and_an_up_repairs_it_restarting_only_what_ran_with_the_drift(drift: Drift) -> None:
    starts, others = drift.drifted.starts(), drift.untouched.starts()
    refreshed = drift.stack.refresh("--diff").ok().output
    assert changed_files(refreshed) == {DOCKER, CONTAINERD, drift.ca.replace("/etc/containerd/certs.d", "@certs.d@")}
    assert f"{drift.drifted.name}-state" in refreshed

    drift.stack.up().ok()

    node = drift.drifted
    assert "BY_HAND" not in node.read(DOCKER)
    assert node.sh(f"stat -c %a {CONTAINERD} {drift.ca}").split() == ["644", "644"]
    assert "BEGIN CERTIFICATE" in node.read(drift.ca)
    after = node.starts()
    assert after["docker"] != starts["docker"]
    assert after["containerd"] == starts["containerd"]
    assert drift.untouched.starts() == others
    drift.stack.preview("--refresh", "--expect-no-changes").ok()


def test_a_node_that_lost_everything_is_made_anew(drift: Drift) -> None:
    """The record of the applies is gone too: nothing is taken for granted."""
    node = drift.drifted
    node.sh(f"rm -rf /var/lib/towpath {DOCKER} {CONTAINERD} /etc/containerd/certs.d /etc/docker/certs.d")

    drift.stack.up("--refresh").ok()

    assert "HTTP_PROXY=" in node.read(DOCKER)
    assert "BEGIN CERTIFICATE" in node.read(drift.ca)
    drift.stack.preview("--refresh", "--expect-no-changes").ok()
