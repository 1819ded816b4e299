"""The variables of a lab shell: which programs, which daemon, which trust; the user's own stay as they are."""

import os
import shlex
from collections.abc import Mapping

from lab.cluster.cluster import kubeconfig
from lab.paths import Paths
from lab.topology import NODES, UPSTREAM, UPSTREAM_HOSTS, node_name

SYSTEM_TRUST = "/etc/ssl/certs"
REGISTRY_HOST = "registry.towpath.test"


def variables(paths: Paths, current: Mapping[str, str]) -> dict[str, str]:
    """Return what to set, given what is set now; a second time over gives the same values."""
    direct = ",".join((NODES.subnet, UPSTREAM.subnet, *UPSTREAM_HOSTS, REGISTRY_HOST))
    kubernetes = {"KUBECONFIG": str(kubeconfig(paths))} if kubeconfig(paths).exists() else {}
    no_proxy = current.get("NO_PROXY", current.get("no_proxy", ""))
    return {
        "PATH": _joined(os.pathsep, str(paths.bin), current.get("PATH", os.defpath)),
        "DOCKER_HOST": f"unix://{paths.node_socket(node_name(1))}",
        "DOCKER_CONFIG": str(paths.docker_config),
        "SSL_CERT_DIR": _joined(os.pathsep, current.get("SSL_CERT_DIR") or SYSTEM_TRUST, str(paths.trust)),
        "NO_PROXY": _joined(",", no_proxy, direct),
        "no_proxy": _joined(",", no_proxy, direct),
        "TOWPATH_LAB": str(paths.state),
        **kubernetes,
    }


def exports(paths: Paths, current: Mapping[str, str]) -> str:
    """Return the variables as lines that a POSIX shell evaluates."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables(paths, current).items())


def _joined(separator: str, *lists: str) -> str:
    parts = [part for text in lists for part in text.split(separator) if part]
    return separator.join(dict.fromkeys(parts))
