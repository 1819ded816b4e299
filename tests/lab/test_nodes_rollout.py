"""A roll-out over three nodes: its order, what a failure stops, nodes that do not answer or are gone, connections.

The tests follow one another: the stack grows by a node, fails half-way, converges, loses a node and is destroyed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, prepare, stack_on
from tests.lab.stack_workspace import Finished, StackWorkspace
from towpath.machines.document_id import node_document_id

PORT = 6028
NAMES = ("first", "second", "third")
"""Of the nodes in the stack, in the order of the settings file, whose keys are sorted."""
DROP_IN = "/etc/systemd/system/docker.service.d/towpath-proxy.conf"


@dataclass
class Fleet:
    """A stack of up to three nodes; the third is in a group whose nodes get no proxy for containerd."""

    lab: LabAccess
    stack: StackWorkspace
    nodes: tuple[NodeAccess, NodeAccess, NodeAccess]
    logins: dict[str, int] = field(default_factory=dict)

    def set_members(self, count: int, **changes: dict[str, Any]) -> None:
        """Take the first `count` nodes; `changes` add settings to a node, by its name in the stack."""
        keys = dict(list(zip(NAMES, self.nodes, strict=True))[:count])
        members = {key: {"address": node.address} | changes.get(key, {}) for key, node in keys.items()}
        if "third" in members:
            members["third"]["group"] = "plain"
        self.stack.change("nodes", members=members)

    def change(self, word: str) -> None:
        """Let every node have a change that restarts its runtimes."""
        self.stack.change("proxy", no_proxy=[f"{word}.example"])

    def has(self, word: str) -> list[bool]:
        """Whether each node has that change."""
        return [f"{word}.example" in node.read(DROP_IN) for node in self.nodes]

    def up(self) -> Finished:
        """Run `up`; `logins` then holds how many SSH connections each node took for it."""
        before = {node.name: logins(node) for node in self.nodes}
        done = self.stack.up()
        # Looking costs a connection of its own.
        self.logins = {node.name: logins(node) - before[node.name] - 1 for node in self.nodes}
        return done


def logins(node: NodeAccess) -> int:
    """How many connections sshd has accepted so far."""
    return int(node.sh("journalctl -u ssh --no-pager -o cat | grep -c '^Accepted '"))


def started(node: NodeAccess, unit: str) -> int:
    """When the unit was last started, in microseconds of the clock that all nodes share."""
    return int(node.sh(f"systemctl show -p InactiveExitTimestampMonotonic --value {unit}"))


@pytest.fixture(scope="module")
def fleet(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    name = lab.add_node()
    try:
        nodes = (*spare_nodes, prepare(lab, name))
        fleet = Fleet(lab, stack_on(lab, nodes, tmp_path_factory.mktemp("rollout"), PORT), nodes)
        fleet.stack.change(
            "nodes",
            setup={"runtimes": ["docker", "containerd"]},
            rollout={"unreachable": "continue"},
            groups={"plain": {"setup": {"proxied": ["docker"]}}},
        )
        fleet.stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
        fleet.stack.change("registry", node="first")
        fleet.set_members(2)
        yield fleet
        fleet.stack.destroy().ok()
    finally:
        lab.remove_node(name)


def test_nodes_are_changed_one_after_the_other_over_one_connection_each(fleet: Fleet) -> None:
    fleet.up().ok()

    first, second, _ = fleet.nodes
    assert started(first, "docker") < started(second, "containerd")
    # The first runs the registry too: logins are added before the nodes are changed, its own document comes after.
    assert fleet.logins == {first.name: 3, second.name: 1, fleet.nodes[2].name: 0}


def test_a_further_node_restarts_nothing_on_the_others_and_takes_its_groups_settings(fleet: Fleet) -> None:
    fleet.set_members(3)
    before = [node.starts() for node in fleet.nodes]

    fleet.up().ok()

    first, second, third = fleet.nodes
    assert [node.starts() for node in (first, second)] == before[:2]
    assert third.starts() != before[2]
    assert fleet.logins == {first.name: 0, second.name: 0, third.name: 1}
    assert any(entry.startswith("HTTP_PROXY=") for entry in third.daemon_environment("dockerd"))
    assert not any(entry.startswith("HTTP_PROXY=") for entry in third.daemon_environment("containerd"))
    assert any(entry.startswith("HTTP_PROXY=") for entry in second.daemon_environment("containerd"))


def test_the_first_failure_stops_the_rest_and_the_next_up_goes_on_from_there(fleet: Fleet) -> None:
    first, second, third = fleet.nodes
    fleet.change("stopped")
    second.sh("mv /etc/systemd/system/docker.service.d /root/d && echo x >/etc/systemd/system/docker.service.d")

    failed = fleet.stack.up()

    second.sh("rm /etc/systemd/system/docker.service.d && mv /root/d /etc/systemd/system/docker.service.d")
    assert failed.code != 0
    assert f"towpath: {second.name}: " in failed.output
    assert "nothing was changed" in failed.output
    assert fleet.has("stopped") == [True, False, False]
    starts = first.starts()

    fleet.up().ok()

    assert fleet.has("stopped") == [True, True, True]
    assert first.starts() == starts
    assert started(second, "docker") < started(third, "docker")


def test_two_at_a_time_do_not_wait_for_one_another(fleet: Fleet) -> None:
    """While the lock of the second node is held, the first of its batch is done, and the third, in the next, waits."""
    fleet.stack.change("nodes", rollout={"unreachable": "continue", "max_unavailable": 2})
    fleet.change("paired")
    first, second, _ = fleet.nodes
    second.hold_lock()
    running = fleet.stack.start("up", "--yes", "--skip-preview", "-s", fleet.stack.stack)
    try:
        first.await_that(f"grep paired.example {DROP_IN} && systemctl is-active docker")
        meanwhile = fleet.has("paired")
    finally:
        second.release_lock()
        output, _ = running.communicate(timeout=900)

    assert running.returncode == 0, output
    assert meanwhile == [True, False, False]
    assert fleet.has("paired") == [True, True, True]


def test_a_node_that_does_not_answer_is_done_without_and_reported_last(fleet: Fleet) -> None:
    fleet.change("silent")
    _, second, _ = fleet.nodes
    second.in_container("systemctl stop ssh.socket ssh")
    try:
        failed = fleet.stack.up()
    finally:
        second.in_container("systemctl start ssh")

    assert failed.code != 0
    assert "second-apply" in failed.output
    assert second.address in failed.output
    assert fleet.has("silent") == [True, False, True]


def test_a_node_that_is_gone_keeps_nobody_from_the_teardown(fleet: Fleet) -> None:
    first, second, third = fleet.nodes
    second.in_container("systemctl stop ssh.socket ssh")
    try:
        refused = fleet.stack.destroy()
        assert refused.code != 0
        assert second.address in refused.output
        fleet.set_members(3, second={"gone": True})
        fleet.stack.up().ok()
        fleet.stack.destroy().ok()
    finally:
        second.in_container("systemctl start ssh")

    assert [node.sh("ls /var/lib/towpath 2>/dev/null || true") for node in (first, third)] == ["", ""]
    document = re.sub(r"\s", "", second.sh("ls /var/lib/towpath"))
    assert document == node_document_id("second", f"test-{PORT}"), "what is gone was touched"
    second.sh(f"sh /var/lib/towpath/{document}/applier.sh delete {document}")
