"""The systemd units of a node's agents (systemd.service(5))."""

from lab.cluster.agent_settings import FOLDER
from lab.topology import node_address, node_index

LIBEXEC = "/usr/local/libexec/towpath-lab"
PROGRAMS = "/usr/local/bin"
POD_NETWORK_SCRIPT = f"{LIBEXEC}/pod-network"
KUBELET_PREPARE_SCRIPT = f"{LIBEXEC}/kubelet-prepare"
POD_NETWORK, KUBE_PROXY, KUBELET = "pod-network.service", "kube-proxy.service", "kubelet.service"
UNITS = (POD_NETWORK, KUBE_PROXY, KUBELET)
"""In the order in which they start."""
UNLIMITED = "StartLimitIntervalSec=0\n"
"""Five attempts, systemd's own limit, are soon over where containerd takes its time to begin."""
RESTART = "Restart=always\nRestartSec=1\n"
INSTALL = "\n[Install]\nWantedBy=multi-user.target\n"


def pod_network() -> str:
    """Make the unit that sets routes and rules, once and whenever they change."""
    return (
        "[Unit]\nDescription=Routes and rules of the pod network\nAfter=docker.service\n\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={POD_NETWORK_SCRIPT}\n" + INSTALL
    )


def kube_proxy() -> str:
    """Make the unit of kube-proxy."""
    return (
        f"[Unit]\nDescription=kube-proxy\nAfter=pod-network.service\n{UNLIMITED}\n"
        f"[Service]\nExecStart={PROGRAMS}/kube-proxy --config={FOLDER}/kube-proxy.yaml\n" + RESTART + INSTALL
    )


def kubelet(node: str) -> str:
    """Make the unit of kubelet; others may add drop-ins, and KUBELET_EXTRA_ARGS in /etc/default/kubelet."""
    arguments = " ".join(
        [
            f"--config={FOLDER}/kubelet.yaml",
            f"--kubeconfig={FOLDER}/kubelet.kubeconfig",
            f"--hostname-override={node}",
            f"--node-ip={node_address(node)}",
            f"--node-labels=topology.kubernetes.io/zone=zone-{node_index(node)}",
            "$KUBELET_EXTRA_ARGS",
        ]
    )
    return (
        "[Unit]\nDescription=kubelet\nAfter=containerd.service pod-network.service\nWants=containerd.service\n"
        f"{UNLIMITED}\n"
        "[Service]\nEnvironmentFile=-/etc/default/kubelet\n"
        f"ExecStartPre={KUBELET_PREPARE_SCRIPT}\nExecStart={PROGRAMS}/kubelet {arguments}\n"
        # Pods live in control groups of their own and go on when kubelet is started again.
        "KillMode=process\n" + RESTART + INSTALL
    )
