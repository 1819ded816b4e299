"""Up, again, broken, repaired, taken over, down: on a machine of its own, so that the session's lab stays."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.lab_machine import LabMachine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab_access import LabAccess

PARTS = {"node-1", "node-2", "squid", "upstream"}
ASKING = {"bash", "ps", "sleep"}
"""The processes of the machine itself, and of the question."""
NODE_SERVES = "systemctl is-active ssh docker containerd"


@pytest.fixture(scope="module")
def machine(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabMachine]:
    started = LabMachine.start(tmp_path_factory.mktemp("machine"), lab)
    yield started
    started.stop()


@pytest.fixture
def off(machine: LabMachine) -> LabMachine:
    """The machine without a lab, whatever the test before has left."""
    for checkout in ("a", "b"):
        machine.lab("down", checkout=checkout)
    assert machine.run("test", "-e", "/run/towpath-lab").status == 1
    return machine


@pytest.fixture
def up(machine: LabMachine) -> LabMachine:
    """The machine with the lab of checkout `a` up and whole, whatever the test before has left."""
    machine.lab("down", checkout="b")
    machine.lab("up").check()
    return machine


def traces(machine: LabMachine) -> dict[str, list[str]]:
    """Everything that a lab could leave on a machine."""
    asked = {
        "links": "ip -brief link; ip -brief address; ip route; ip neighbour show nud permanent",
        "firewall": "nft list ruleset; iptables-save | grep -v ^#",
        "mounts": "cat /proc/self/mounts",
        "processes": "ps -e -o comm=",
        "settings": "sysctl -a --pattern '^net' 2>/dev/null",
        "files": f"find /run {machine.root} -path {machine.root}/home/.cache -prune -o -printf '%p %m %u %s %l\\n'",
        "others' settings": "find /etc/docker /etc/containerd /etc/containers /etc/hosts /etc/resolv.conf /etc/ssl "
        "/etc/ssh /usr/local/share/ca-certificates /usr/sbin/policy-rc.d ~/.docker ~/.ssh -printf '%p %m %u %s %t\\n'",
        "control groups": "ls -d /sys/fs/cgroup/*/towpath-lab",
    }
    found = {what: machine.run("bash", "-c", script).stdout.splitlines() for what, script in asked.items()}
    return {what: sorted(line for line in lines if line not in ASKING) for what, lines in found.items()}


def test_down_leaves_no_trace(off: LabMachine) -> None:
    before = traces(off)

    off.lab("up").check()
    during = traces(off)
    off.lab("down").check()

    assert traces(off) == before
    seen = {what for what in before if during[what] != before[what]}
    assert seen == set(before) - {"mounts", "others' settings"}  # or else the comparison is blind


def test_down_twice_does_nothing_the_second_time(off: LabMachine) -> None:
    off.lab("down").check()
    before = traces(off)

    off.lab("down").check()

    assert traces(off) == before


def test_down_after_the_daemons_were_killed_leaves_no_trace(off: LabMachine) -> None:
    before = traces(off)
    off.lab("up").check()
    off.kill("dockerd.pid")
    off.kill("containerd.pid")

    off.lab("down").check()

    assert traces(off) == before


def test_a_second_up_does_nothing(up: LabMachine) -> None:
    before = up.containers()

    again = up.lab("up").check()

    assert up.containers() == before
    assert set(before) == PARTS
    assert len(again.stderr.splitlines()) == 1


def test_status_lists_every_part_and_tells_by_its_exit_status(up: LabMachine) -> None:
    good = up.lab("status").check()
    up.docker("kill", "squid")
    bad = up.lab("status")

    assert all(name in good.stdout for name in PARTS)
    assert bad.status == 1
    assert "exited" in next(line for line in bad.stdout.splitlines() if "squid" in line)


@pytest.mark.parametrize("how", [("kill",), ("rm", "--force", "--volumes")], ids=["killed", "removed"])
def test_up_repairs_what_has_died(up: LabMachine, how: tuple[str, ...]) -> None:
    up.docker(*how, *PARTS)
    assert up.lab("status").status == 1

    up.lab("up").check()

    up.lab("status").check()


def test_up_starts_a_service_that_was_stopped_in_a_node(up: LabMachine) -> None:
    up.docker("exec", "node-2", "systemctl", "stop", "docker.socket", "docker", "containerd")
    assert up.lab("status").status == 1

    up.lab("up").check()

    assert up.docker("exec", "node-2", "sh", "-c", NODE_SERVES).split() == ["active"] * 3


def test_a_repaired_node_keeps_its_files_and_its_host_key(up: LabMachine) -> None:
    up.docker("exec", "node-1", "sh", "-c", "echo kept > /etc/kept")
    up.docker("kill", "node-1")

    up.lab("up").check()

    assert up.docker("exec", "node-1", "cat", "/etc/kept") == "kept\n"
    state = up.root / "a" / ".towpath" / "lab"
    options = f"-o UserKnownHostsFile={state}/known_hosts -o StrictHostKeyChecking=yes -o BatchMode=yes"
    assert up.shell(f"ssh -F none -i {state}/id_ed25519 {options} root@10.89.0.11 hostname") == "node-1\n"


def test_up_after_the_daemons_were_killed_keeps_the_nodes(up: LabMachine) -> None:
    before = up.containers()
    up.kill("dockerd.pid")
    up.kill("containerd.pid")

    up.lab("up").check()

    assert up.containers() == before
    up.lab("status").check()


def test_up_closes_the_networks_again(up: LabMachine) -> None:
    up.shell("nft delete table inet towpath_lab")
    assert up.lab("status").status == 1

    up.lab("up").check()

    assert "drop" in up.shell("nft list table inet towpath_lab")


def test_nodes_reach_the_proxy_where_another_docker_drops_by_default(off: LabMachine) -> None:
    off.shell("iptables -P FORWARD DROP")
    before = traces(off)["firewall"]

    off.lab("up").check()
    off.docker("exec", "node-1", "timeout", "5", "bash", "-c", "</dev/tcp/10.89.0.2/3128")
    off.lab("down").check()

    assert traces(off)["firewall"] == before
    off.shell("iptables -P FORWARD ACCEPT")


def test_another_checkout_is_told_whose_lab_it_is(up: LabMachine) -> None:
    before = up.containers()

    for command in ("up", "down", "add-node"):
        refused = up.lab(command, checkout="b")

        assert refused.status == 1
        (line,) = refused.stderr.splitlines()
        assert f"belongs to {up.root}/a" in line
        assert f"`make down` in {up.root}/a" in line
    assert up.containers() == before


def test_a_dead_owner_is_cleaned_up_and_followed(up: LabMachine) -> None:
    before = up.containers()
    up.kill("dockerd.pid")

    taken = up.lab("up", checkout="b").check()

    assert f"cleaning up after the lab of {up.root}/a" in taken.stderr
    assert set(up.containers()) == PARTS
    assert not set(up.containers().values()) & set(before.values())
    up.lab("status", checkout="b").check()
    assert up.lab("status").status == 1


def test_a_node_more_and_gone_again(up: LabMachine) -> None:
    before = up.containers()

    added = up.lab("add-node").check().stdout

    assert added == "node-3\n"
    after = up.containers()
    assert after.pop("node-3")
    assert after == before
    known_hosts = up.root / "a/.towpath/lab/known_hosts"
    assert "10.89.0.13,node-3 ssh-ed25519 " in known_hosts.read_text()

    up.lab("remove-node", "node-3").check()

    assert up.containers() == before
    assert "node-3" not in known_hosts.read_text()


def test_what_the_checkout_keeps_is_private(up: LabMachine) -> None:
    state = up.root / "a" / ".towpath" / "lab"

    open_to_others = up.shell(f"find {state} -maxdepth 0 -perm /077; find {state} -name '*key*' -type f -perm /077")

    assert open_to_others == ""


def test_where_there_never_was_a_lab_nothing_is_fetched_or_left(off: LabMachine) -> None:
    fresh = f"mkdir -p {off.root}/fresh && cd {off.root}/a && export HOME={off.root}/fresh"

    down = off.shell(f"{fresh} && {sys.executable} -m lab down 2>&1; ls -A ~/.cache/towpath/lab")
    status = off.run("bash", "-c", f"{fresh} && {sys.executable} -m lab status")

    assert down.splitlines()[-1] == "lock"  # the only file in the cache
    assert status.status == 1
    assert "down" in status.stdout
