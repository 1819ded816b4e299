"""The settings of kubelet, kube-proxy and the pod network on one node, as documents.

Their forms are kubelet.config.k8s.io/v1beta1, kubeproxy.config.k8s.io/v1alpha1 and the CNI specification 0.4.0.
"""

from typing import Any

from lab.cluster.plan import CLUSTER_DOMAIN, POD_CIDR, pod_subnet
from lab.topology import node_address

FOLDER = "/etc/kubernetes"
CA = f"{FOLDER}/ca.pem"
KUBELET_CERTIFICATE = f"{FOLDER}/kubelet-server.pem"
KUBELET_KEY = f"{FOLDER}/kubelet-server-key.pem"
KUBE_PROXY_KUBECONFIG = f"{FOLDER}/kube-proxy.kubeconfig"
CONTAINERD_SOCKET = "unix:///run/containerd/containerd.sock"


def pods_cgroup(node: str) -> str:
    """Name the control group of a node's pods, in every hierarchy of the machine; `lab down` clears its parent."""
    return f"/towpath-lab/pods-{node}"


def kubelet(node: str) -> dict[str, Any]:
    """Make the KubeletConfiguration: upstream's defaults but for what a node in a container cannot do or judge."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": CONTAINERD_SOCKET,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": CA},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": KUBELET_CERTIFICATE,
        "tlsPrivateKeyFile": KUBELET_KEY,
        "clusterDomain": CLUSTER_DOMAIN,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": pods_cgroup(node),
        "failCgroupV1": False,
        "failSwapOn": False,
        # Lowering it needs CAP_SYS_RESOURCE, which the machine may not have.
        "oomScoreAdj": 0,
        # The disk and memory are the machine's own: its filling up is no reason to drop images or pods.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "10Mi",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
    }


def kube_proxy(node: str) -> dict[str, Any]:
    """Make the KubeProxyConfiguration: iptables, and hands off the connection tracking limits of the whole machine."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": node,
        "bindAddress": node_address(node),
        "clientConnection": {"kubeconfig": KUBE_PROXY_KUBECONFIG},
        "detectLocalMode": "ClusterCIDR",
        "clusterCIDR": POD_CIDR,
        "oomScoreAdj": 0,
        "iptables": {"localhostNodePorts": False},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def pod_network(node: str) -> dict[str, Any]:
    """Make the CNI network: a routed link a pod (so all traffic meets the Services' rules), and host ports."""
    ranges = [[{"subnet": pod_subnet(node)}]]
    return {
        "cniVersion": "0.4.0",
        "name": "towpath-lab",
        "plugins": [
            {
                "type": "ptp",
                # Outside the pod network nobody has a route back to a pod.
                "ipMasq": True,
                "ipam": {"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]},
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
