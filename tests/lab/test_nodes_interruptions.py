"""An `up` that is cut off, killed or not alone on its node: a change is whole or undone, and the next one converges."""

from collections.abc import Iterator

import pytest

from tests.lab.fault_target import Target, target_on
from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on

PORT = 6031
UNITS = "/etc/systemd/system/docker.service.d"
AWAIT = "while ! [ -e {} ]; do sleep 0.1; done"


@pytest.fixture(scope="module")
def target(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target_on(lab, spare_nodes[1], tmp_path_factory.mktemp("interruptions"), PORT) as target:
        yield target


def test_a_connection_cut_in_the_middle_leaves_a_whole_change_behind(target: Target) -> None:
    """It is cut while the applier, which has its document, waits for the node's lock."""
    node = target.node
    target.change("cut-off")
    node.hold_lock()
    running = target.stack.start("up", "--yes", "--skip-preview", "-s", target.stack.stack)
    try:
        node.await_that("ls /dev/shm/towpath.work.*")
        node.in_container("pkill -KILL -f '[s]shd: root@notty'")
        output, _ = running.communicate(timeout=900)
    finally:
        node.release_lock()
        node.await_that("! ls /dev/shm/towpath.* /run/towpath.lock")

    assert running.returncode != 0
    assert node.name in output
    assert target.runs_with("cut-off") == [True, True]
    starts = node.starts()
    target.stack.up().ok()
    assert node.starts() == starts


def test_an_applier_killed_in_the_middle_is_recovered_from_by_the_next_up(target: Target) -> None:
    """It is killed while docker starts with the new settings: files are new, the rest is open."""
    node = target.node
    node.write(f"{UNITS}/slow.conf", f'[Service]\nExecStartPre=/bin/sh -c "{AWAIT.format("/run/go-on")}"\n')
    node.sh("systemctl daemon-reload")
    target.change("killed")
    running = target.stack.start("up", "--yes", "--skip-preview", "-s", target.stack.stack)
    try:
        node.await_that("systemctl show -p ActiveState docker | grep -q =activating")
        node.in_container("pkill -KILL -f '[t]owpath.boot'")
        output, _ = running.communicate(timeout=900)
    finally:
        node.in_container(f"touch /run/go-on; rm {UNITS}/slow.conf; systemctl daemon-reload")
        node.await_that("systemctl is-active docker")
        node.in_container("rm /run/go-on")

    assert running.returncode != 0
    assert node.name in output
    done = target.stack.up().ok()
    assert "recovered" in done.output
    assert target.runs_with("killed") == [True, True]
    assert node.sh("ls /run/towpath.lock /dev/shm/towpath.* 2>/dev/null || true") == ""
    target.stack.preview("--refresh", "--expect-no-changes").ok()


def test_two_stacks_at_once_on_one_node_take_turns(
    lab: LabAccess, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = stack_on(lab, [target.node], tmp_path_factory.mktemp("other"), PORT + 1)
    target.change("at-once")
    try:
        both = [stack.start("up", "--yes", "--skip-preview", "-s", stack.stack) for stack in (target.stack, other)]
        for running in both:
            output, _ = running.communicate(timeout=900)
            assert running.returncode == 0, output
        assert target.runs_with("at-once") == [True, True]
        for stack in (target.stack, other):
            stack.preview("--refresh", "--expect-no-changes").ok()
    finally:
        other.destroy().ok()
