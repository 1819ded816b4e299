"""The lab's pure parts: addresses, rules, control groups, the shell's variables."""

import os
from pathlib import Path

import pytest

from lab import cgroups, environment, firewall, topology
from lab.paths import Paths

OLD = """\
tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
overlay /somewhere/else overlay rw 0 0
"""
UNIFIED = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"


@pytest.mark.parametrize(("index", "name", "address"), [(1, "node-1", "10.89.0.11"), (12, "node-12", "10.89.0.22")])
def test_nodes_have_names_and_addresses_by_index(index: int, name: str, address: str) -> None:
    assert topology.node_name(index) == name
    assert topology.node_index(name) == index
    assert topology.node_address(name) == address


def test_the_last_node_still_has_an_address_in_the_network() -> None:
    assert topology.node_address(topology.node_name(topology.MAX_NODES)) == "10.89.0.210"


def test_a_node_shares_each_old_hierarchy_but_not_what_they_are_mounted_in() -> None:
    options = cgroups.container_options(OLD)

    assert options[:4] == ("--cgroupns", "host", "--tmpfs", "/sys/fs/cgroup")
    assert options[4:] == (
        *("--volume", "/sys/fs/cgroup/cpu,cpuacct:/sys/fs/cgroup/cpu,cpuacct:rw"),
        *("--volume", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"),
        *("--volume", "/sys/fs/cgroup/unified:/sys/fs/cgroup/unified:rw"),
    )


def test_a_node_shares_the_unified_hierarchy_as_it_is() -> None:
    assert cgroups.container_options(UNIFIED) == (
        *("--cgroupns", "host"),
        *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
    )


def test_the_rules_let_a_bridge_speak_within_itself_before_they_refuse() -> None:
    rules = [line.strip() for line in firewall.ruleset().splitlines() if "iifname" in line or "oifname" in line]

    assert rules[:2] == [
        'iifname "tpnodes0" oifname "tpnodes0" accept',
        'iifname "tpupstream0" oifname "tpupstream0" accept',
    ]
    assert all("reject" in rule or "drop" in rule for rule in rules[2:])
    assert rules[-1] == 'oifname { "tpnodes0", "tpupstream0" } drop'


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(checkout=tmp_path / "my checkout", cache=tmp_path / "cache", run=tmp_path / "run")


def test_a_lab_shell_keeps_what_was_set(paths: Paths) -> None:
    current = {"PATH": "/opt/bin:/bin", "SSL_CERT_DIR": "/my/certs", "NO_PROXY": "intern.example"}

    found = environment.variables(paths, current)

    assert found["PATH"] == f"{paths.bin}:/opt/bin:/bin"
    assert found["SSL_CERT_DIR"] == f"/my/certs:{paths.trust}"
    assert found["NO_PROXY"].startswith("intern.example,10.89.0.0/24,10.89.1.0/24,")
    assert found["DOCKER_HOST"] == f"unix://{paths.run}/node-1.sock"


def test_a_lab_shell_trusts_the_system_too_where_nothing_was_set(paths: Paths) -> None:
    assert environment.variables(paths, {})["SSL_CERT_DIR"].split(os.pathsep) == ["/etc/ssl/certs", str(paths.trust)]


def test_the_lines_are_the_same_in_a_shell_that_has_them(paths: Paths) -> None:
    once = environment.variables(paths, {"PATH": "/bin"})

    assert environment.variables(paths, once) == once


def test_a_checkout_with_a_blank_in_its_name_is_quoted(paths: Paths) -> None:
    assert f"export DOCKER_CONFIG='{paths.docker_config}'\n" in environment.exports(paths, {})
