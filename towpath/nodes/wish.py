"""What a node is to be able to pull, and how; the value from which `node_document` renders everything."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import PrivateRegistry, Upstream

Runtime = Literal["docker", "containerd", "crio", "podman", "k3s", "k3s-agent", "rke2-server", "rke2-agent", "kubelet"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)


@dataclass(frozen=True)
class TrustedCa:
    """A further CA for the OS trust store. `name` becomes part of a file's name."""

    name: str
    pem: str


@dataclass(frozen=True)
class RegistryLogin:
    """Who pulls from a registry. `host` stands as in image references."""

    host: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class NodeWish:
    """Everything that the image-pulling side of a node can be told. Empty: nothing is done."""

    proxy: Proxy | None = None
    registries: tuple[PrivateRegistry, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    """Further `host[:port]` or CIDRs for Docker's insecure-registries."""
    cas: tuple[TrustedCa, ...] = ()
    runtimes: frozenset[Runtime] | None = None
    """None: whatever is found on the node; else exactly these, and one that is missing is an error."""
    trust_os: bool = True
    """Put the private registries' CAs into the OS trust store too."""
    trust_docker: bool = True
    trust_containerd: bool = True
    live_restore: bool | None = None
    """Docker: keep containers through restarts of dockerd; None: as it is."""
    docker_proxy: Literal["drop-in", "daemon.json"] = "drop-in"
    """Docker 23 and later can take its proxy from daemon.json."""
    proxied: frozenset[Runtime] = frozenset(
        {"docker", "containerd", "crio", "podman", "k3s", "k3s-agent", "rke2-server", "rke2-agent"}
    )
    """Runtimes that get the proxy. kubelet pulls through its runtime, and needs one only for credential plugins."""

    logins: tuple[RegistryLogin, ...] = ()
    """Given to kubelet by a credential provider, for pods of every namespace."""
    logins_apart: bool = False
    """They come in a document of their own, after the registry has taken them; here is all but them."""

    def has(self, runtime: Runtime) -> bool:
        """Whether a runtime is to be set up if it is there."""
        return self.runtimes is None or runtime in self.runtimes
