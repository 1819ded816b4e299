"""Faults on a node while `up` changes it: nothing half-written, the old configuration runs, and the error says why.

docs/nodes.md has a table of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lab.fault_target import Target, target_on
from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess
from tests.lab.stack_workspace import Finished

PORT = 6029
UNITS = "/etc/systemd/system/docker.service.d"
DROP_IN = f"{UNITS}/towpath-proxy.conf"
DAEMON_JSON = "/etc/docker/daemon.json"
STATE = "/var/lib/towpath"
GUARD = """\
mkdir -p /etc/systemd/system/{unit}.service.d
cat >/etc/systemd/system/{unit}.service.d/zz-guard.conf <<'G'
[Service]
ExecStartPre=/bin/sh -c "! grep -q {unit}-refuses /etc/systemd/system/{unit}.service.d/towpath-proxy.conf"
G
systemctl daemon-reload"""
UNGUARD = "rm /etc/systemd/system/{unit}.service.d/zz-guard.conf; systemctl daemon-reload"
FLAG = f"""\
cat >{UNITS}/flag.conf <<'F'
[Service]
ExecStart=
ExecStart=/usr/sbin/dockerd -H fd:// --insecure-registry=flag.example
F
systemctl daemon-reload && systemctl restart docker"""


@dataclass(frozen=True)
class Fault:
    """What is done to a node, how that is undone, and what the error must say."""

    name: str
    cause: str
    cure: str
    says: tuple[str, ...]
    nodes: dict[str, Any] = field(default_factory=dict)
    """Settings of `nodes` that go with it."""


NOTHING = "nothing was changed"
REFUSED = [
    Fault(
        "daemon.json is broken",
        f"cp -a {DAEMON_JSON} /root/kept; printf '{{\"live-restore\": tru' >{DAEMON_JSON}",
        f"cp -a /root/kept {DAEMON_JSON}",
        (DAEMON_JSON, NOTHING),
    ),
    Fault(
        "a key conflicts with a flag",
        FLAG,
        f"rm {UNITS}/flag.conf; systemctl daemon-reload; systemctl restart docker",
        ("dockerd is started with --insecure-registry", "take the flag out of its unit", NOTHING),
        {"setup": {"live_restore": True, "insecure_registries": ["plain.example:5000"]}},
    ),
    Fault(
        "daemon.json leads nowhere",
        f"mv {DAEMON_JSON} /root/kept; ln -s /nowhere {DAEMON_JSON}",
        f"mv /root/kept {DAEMON_JSON}",
        (f"{DAEMON_JSON} is a symbolic link that leads to no regular file", NOTHING),
    ),
    Fault(
        "a folder is read-only",
        f"mount --bind {UNITS} {UNITS} && mount -o remount,bind,ro {UNITS}",
        f"umount {UNITS}",
        (DROP_IN, "Read-only file system", NOTHING),
    ),
    Fault(
        "the records are read-only",
        f"mount --bind {STATE} {STATE} && mount -o remount,bind,ro {STATE}",
        f"umount {STATE}",
        (STATE, "Read-only file system", NOTHING),
    ),
    Fault(
        "the disk of a drop-in is full",
        f"mount -t tmpfs -o size=4k tmpfs {UNITS} && cat /dev/zero >{UNITS}/fill || true",
        f"umount {UNITS}",
        (DROP_IN, "No space left on device", NOTHING),
    ),
    Fault(
        "the disk of the records is full",
        f"cp -a {STATE} /root/state; mount -t tmpfs -o size=1m,mode=0700 tmpfs {STATE}; "
        f"cp -a /root/state/. {STATE}/; cat /dev/zero >{STATE}/fill || true",
        f"umount {STATE}; rm -rf /root/state",
        (STATE, "the disk is full", NOTHING),
    ),
    Fault(
        "not root",
        "true",
        "true",
        ("deploy is not root here", "sudo", NOTHING),
        {"ssh": {"user": "deploy"}},
    ),
    Fault(
        "sudo wants a password",
        "true",
        "true",
        ("deploy cannot become root by sudo", "NOPASSWD", NOTHING),
        {"ssh": {"user": "deploy", "sudo": "passwordless"}},
    ),
    Fault(
        "the sudo password is wrong",
        "true",
        "true",
        ("deploy cannot become root by sudo", "check the sudo password", NOTHING),
        {"ssh": {"user": "deploy", "sudo": "password", "sudo_password": "wr0ng-pa55word"}},
    ),
    *(
        Fault(
            f"{unit} refuses the new settings",
            GUARD.format(unit=unit),
            UNGUARD.format(unit=unit),
            (f"{unit} does not come up with the new settings", "the old state is back and works"),
        )
        for unit in ("docker", "containerd")
    ),
]


@pytest.fixture(scope="module")
def target(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target_on(lab, spare_nodes[1], tmp_path_factory.mktemp("faults"), PORT) as target:
        yield target


def failed_up(target: Target, fault: Fault) -> Finished:
    target.change(re.sub(r"[^a-z]+", "-", fault.name))
    target.set_nodes(fault.nodes)
    try:
        return target.stack.up()
    finally:
        target.set_nodes({})


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.name)
def test_a_fault_leaves_the_node_as_it_was_and_says_why(target: Target, fault: Fault) -> None:
    node = target.node
    node.sh(fault.cause)
    try:
        before, environments = node.tree(), target.environments()
        failed = failed_up(target, fault)
        tree = node.tree()
    finally:
        node.sh(fault.cure)

    assert failed.code != 0
    for words in (f"towpath: {node.name}: ", *fault.says):
        assert words in failed.output
    assert "wr0ng-pa55word" not in failed.output
    assert tree == before
    assert target.environments() == environments
    node.docker("info").check()
    node.cri("version").check()


def test_after_all_faults_the_next_up_converges(target: Target) -> None:
    target.change("cured")

    target.stack.up().ok()

    assert target.runs_with("cured") == [True, True]
    target.stack.preview("--refresh", "--expect-no-changes").ok()


@pytest.mark.parametrize("user", ["deploy", "ops"])
def test_sudo_with_and_without_a_password_does(lab: LabAccess, target: Target, user: str) -> None:
    ways = {"deploy": {"sudo": "password", "sudo_password": lab.deploy_password}, "ops": {"sudo": "passwordless"}}
    target.change(f"sudo-by-{user}")
    target.set_nodes({"ssh": {"user": user, **ways[user]}})
    try:
        done = target.stack.up().ok()
    finally:
        target.set_nodes({})

    assert target.runs_with(f"sudo-by-{user}") == [True, True]
    assert lab.deploy_password not in done.output


def test_a_daemon_json_that_is_a_link_stays_one(target: Target) -> None:
    node = target.node
    node.sh(f"mv {DAEMON_JSON} /etc/docker/real.json && ln -s real.json {DAEMON_JSON}")
    target.set_nodes({"setup": {"live_restore": True, "insecure_registries": ["linked.example:5000"]}})

    target.stack.up().ok()

    assert node.sh(f"readlink {DAEMON_JSON}").strip() == "real.json"
    assert "linked.example:5000" in node.read("/etc/docker/real.json")
    assert "linked.example:5000" in node.docker("info").stdout
    target.set_nodes({})
    target.stack.up().ok()
    assert "linked.example:5000" not in node.docker("info").stdout
    node.sh(f"mv /etc/docker/real.json {DAEMON_JSON}")
