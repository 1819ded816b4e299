"""Every file that makes a node of the lab a node of the cluster, programs apart."""

import json
from typing import Any

import yaml

from lab.archive import Member
from lab.cluster import agent_settings, node_scripts, node_units
from lab.cluster.authority import Identity
from lab.cluster.site import Site
from lab.cluster.volumes import folders
from lab.topology import node_address

CNI_FILE = "/etc/cni/net.d/10-towpath-lab.conflist"
KUBE_PROXY_USER = Identity("system:kube-proxy")


def by_unit(site: Site, node: str, nodes: list[str]) -> dict[str, list[Member]]:
    """List the files that each systemd unit of one node needs; keys and certificates are made on first use."""
    ca = Member(agent_settings.CA, site.pki.certificate_authority().certificate.read_bytes())
    return {
        node_units.POD_NETWORK: [
            Member(node_units.POD_NETWORK_SCRIPT, node_scripts.pod_network(node, nodes).encode(), 0o755),
            Member(CNI_FILE, json.dumps(agent_settings.pod_network(node)).encode()),
            _unit(node_units.POD_NETWORK, node_units.pod_network()),
        ],
        node_units.KUBE_PROXY: [
            ca,
            Member(agent_settings.KUBE_PROXY_KUBECONFIG, _kubeconfig(site, "kube-proxy", KUBE_PROXY_USER), 0o600),
            _yaml(f"{agent_settings.FOLDER}/kube-proxy.yaml", agent_settings.kube_proxy(node)),
            _unit(node_units.KUBE_PROXY, node_units.kube_proxy()),
        ],
        node_units.KUBELET: [ca, *_kubelet(site, node)],
    }


def _kubelet(site: Site, node: str) -> list[Member]:
    client = Identity(f"system:node:{node}", groups=("system:nodes",))
    server = site.pki.pair(f"{node}-server", Identity(node, hosts=(node,), addresses=(node_address(node),)))
    return [
        Member(agent_settings.KUBELET_CERTIFICATE, server.certificate.read_bytes()),
        Member(agent_settings.KUBELET_KEY, server.key.read_bytes(), 0o600),
        Member(f"{agent_settings.FOLDER}/kubelet.kubeconfig", _kubeconfig(site, node, client), 0o600),
        _yaml(f"{agent_settings.FOLDER}/kubelet.yaml", agent_settings.kubelet(node)),
        Member(node_units.KUBELET_PREPARE_SCRIPT, node_scripts.kubelet_prepare(node).encode(), 0o755),
        *map(Member.directory, folders(node)),
        _unit(node_units.KUBELET, node_units.kubelet(node)),
    ]


def _kubeconfig(site: Site, name: str, identity: Identity) -> bytes:
    return site.pki.kubeconfig(name, identity, site.server)


def _unit(name: str, text: str) -> Member:
    return Member(f"/etc/systemd/system/{name}", text.encode())


def _yaml(path: str, document: dict[str, Any]) -> Member:
    return Member(path, yaml.safe_dump(document, sort_keys=False).encode())
