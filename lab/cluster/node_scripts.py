"""What a node runs before its agents: routes and rules of the pod network, control groups, kernel values' stand-ins."""

import shlex

from lab.cluster.agent_settings import pods_cgroup
from lab.cluster.plan import POD_CIDR, SERVICE_CIDR, peer_routes

STAND_INS = "/run/towpath-lab/kernel"
KERNEL_VALUES = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
"""What kubelet wants of the kernel (setupKernelTunables of its container manager), and else sets for the machine."""


def pod_network(node: str, nodes: list[str]) -> str:
    """Make a script that may run any number of times: forwarding, routes to the peers' pods, rules beside Docker's.

    The closed network gives nodes no default route: the Services' addresses need a route of their own, so that a
    packet gets as far as the rules that translate them. Docker's policy for forwarded packets is to drop them.
    """
    routes = [["ip", "route", "replace", SERVICE_CIDR, "dev", "eth0"]]
    routes += [["ip", "route", "replace", subnet, "via", via] for subnet, via in peer_routes(node, nodes).items()]
    rules = [f"FORWARD {side} {POD_CIDR} -j ACCEPT" for side in ("--source", "--destination")]
    return "\n".join(
        [
            "#!/bin/sh",
            "set -eu",
            "echo 1 >/proc/sys/net/ipv4/ip_forward",
            *map(shlex.join, routes),
            *(f"iptables --wait --check {rule} 2>/dev/null || iptables --wait --insert {rule}" for rule in rules),
            "",
        ]
    )


def kubelet_prepare(node: str) -> str:
    """Make a script that makes the pods' control groups and covers kernel values by files that have what kubelet wants.

    So kubelet finds nothing to set: these values are the machine's, not the node's, and nobody would put them back.
    """
    group = pods_cgroup(node)
    return "\n".join(
        [
            "#!/bin/sh",
            "set -eu",
            "if [ -e /sys/fs/cgroup/cgroup.controllers ]; then",
            f"  mkdir -p /sys/fs/cgroup{group}",
            "else",
            "  for own in $(sed -n 's|^[0-9]*:\\([^:]*\\):/$|\\1|p' /proc/1/cgroup); do",
            '    if mountpoint -q "/sys/fs/cgroup/$own"; then umount "/sys/fs/cgroup/$own"; fi',
            "  done",
            "  for procs in /sys/fs/cgroup/*/cgroup.procs; do",
            f'    mkdir -p "${{procs%/*}}{group}"',
            "  done",
            "fi",
            f"mkdir -p {STAND_INS}",
            "stand_in() {",
            f'  file={STAND_INS}/$(echo "$1" | tr / .)',
            '  if [ ! -e "$file" ]; then echo "$2" >"$file"; mount --bind "$file" "/proc/sys/$1"; fi',
            "}",
            *(f"stand_in {name} {value}" for name, value in KERNEL_VALUES.items()),
            "",
        ]
    )
