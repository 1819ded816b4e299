"""What a node of the cluster gets: closed keys, its own identity, and nothing new when a node is added beside it."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from lab.archive import Member
from lab.cluster import agent_settings, node_files, node_scripts, node_units
from lab.cluster.plan import pod_subnet
from lab.cluster.programs import ClusterPrograms
from lab.cluster.site import Site

NODES = ["node-1", "node-2"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    programs = ClusterPrograms(Path("/programs"), Path("/etcd"), Path("/pause"))
    return Site(programs, tmp_path, "10.0.0.5", api_port=6443, etcd_port=2379, etcd_peer_port=2380)


def by_path(files: dict[str, list[Member]]) -> dict[str, Member]:
    return {member.path: member for members in files.values() for member in members}


def test_keys_and_kubeconfigs_are_roots_alone(site: Site) -> None:
    files = by_path(node_files.by_unit(site, "node-1", NODES))
    private = [member for member in files.values() if b"PRIVATE KEY" in (member.content or b"")]
    private += [member for path, member in files.items() if path.endswith(".kubeconfig")]

    assert len(private) == 3
    assert {(member.mode, member.uid) for member in private} == {(0o600, 0)}


def test_a_node_stands_for_itself_before_the_api(site: Site) -> None:
    files = by_path(node_files.by_unit(site, "node-2", NODES))

    document = yaml.safe_load(files["/etc/kubernetes/kubelet.kubeconfig"].content or b"")

    assert document["users"][0]["name"] == "system:node:node-2"
    assert document["clusters"][0]["cluster"]["server"] == "https://10.0.0.5:6443"


def test_a_further_node_changes_nothing_but_routes_on_the_others(site: Site) -> None:
    two, three = (node_files.by_unit(site, "node-1", names) for names in (NODES, [*NODES, "node-3"]))

    assert [unit for unit in two if two[unit] != three[unit]] == [node_units.POD_NETWORK]
    before, after = by_path(two), by_path(three)
    assert [path for path in before if before[path] != after[path]] == [node_units.POD_NETWORK_SCRIPT]


def test_no_two_nodes_share_pod_addresses_or_control_groups(site: Site) -> None:
    networks = [json.dumps(agent_settings.pod_network(node)) for node in NODES]

    assert all(pod_subnet(node) in text for node, text in zip(NODES, networks, strict=True))
    assert len({agent_settings.kubelet(node)["cgroupRoot"] for node in NODES}) == len(NODES)


def test_kubelet_answers_nobody_without_certificate_and_right() -> None:
    settings = agent_settings.kubelet("node-1")

    assert settings["authentication"]["anonymous"] == {"enabled": False}
    assert settings["authorization"] == {"mode": "Webhook"}


@pytest.mark.parametrize(
    "script",
    [node_scripts.kubelet_prepare("node-1"), node_scripts.pod_network("node-1", NODES)],
    ids=["kubelet", "net"],
)
def test_a_script_is_one_that_a_posix_shell_reads(script: str) -> None:
    checked = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_rules_and_routes_are_set_once_however_often_the_script_runs(tmp_path: Path) -> None:
    """`ip` and `iptables` are stood in for by programs that note their arguments and remember inserted rules."""
    programs, forwarding, log, rules = (tmp_path / name for name in ("bin", "forward", "log", "rules"))
    programs.mkdir()
    rules.touch()
    (programs / "ip").write_text(f'#!/bin/sh\necho ip "$@" >>{log}\n')
    (programs / "iptables").write_text(
        "#!/bin/sh\nverb=$2; shift 2\n"
        f'if [ "$verb" = --check ]; then grep -qxF -e "$*" {rules}; else echo "$*" >>{rules}; fi\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    script = node_scripts.pod_network("node-1", NODES).replace("/proc/sys/net/ipv4/ip_forward", str(forwarding))

    for _ in range(2):
        env = {"PATH": f"{programs}:{os.environ['PATH']}"}
        subprocess.run(["sh", "-c", script], env=env, check=True, capture_output=True)

    assert rules.read_text().splitlines() == [
        "FORWARD --source 10.244.0.0/16 -j ACCEPT",
        "FORWARD --destination 10.244.0.0/16 -j ACCEPT",
    ]
    assert log.read_text().splitlines()[:2] == [
        "ip route replace 10.96.0.0/16 dev eth0",
        "ip route replace 10.244.2.0/24 via 10.89.0.12",
    ]
    assert forwarding.read_text() == "1\n"
