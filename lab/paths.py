"""Where the lab keeps its things: the checkout's state, the user's cache and the machine's run directory."""

from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RECIPES = Path(__file__).resolve().parent
RUN = Path("/run/towpath-lab")


@dataclass(frozen=True)
class Paths:
    """Every place the lab writes to; nothing outside these three trees is ever written.

    `state` is private to the checkout (mode 0700) and removed by `lab down`; `cache` is kept, and shared by all
    checkouts of a user; `run` holds sockets and process ids and is removed by `lab down`.
    """

    checkout: Path = CHECKOUT
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "towpath" / "lab")
    run: Path = RUN

    @property
    def state(self) -> Path:
        """Keys, certificates, logs and client settings of this checkout's lab."""
        return self.checkout / ".towpath" / "lab"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.state / "logs"

    @property
    def squid_log(self) -> Path:
        """The proxy's access log, written at once."""
        return self.logs / "squid" / "access.log"

    @property
    def client_key(self) -> Path:
        """The private SSH key that all accounts of all nodes accept (OpenSSH format, mode 0600)."""
        return self.state / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The nodes' host keys, from the keys that the lab made itself; plain names and addresses."""
        return self.state / "known_hosts"

    @property
    def upstream_ca(self) -> Path:
        """The CA certificate of the upstream registry (PEM)."""
        return self.state / "upstream-ca.pem"

    @property
    def trust(self) -> Path:
        """CA certificates that clients in a lab shell trust beside the system's own."""
        return self.state / "trust"

    @property
    def bin(self) -> Path:
        """The programs that a lab shell puts first on its PATH."""
        return self.state / "bin"

    @property
    def docker_config(self) -> Path:
        """The Docker client's settings and logins of a lab shell, in place of the user's own."""
        return self.state / "docker-config"

    @property
    def images(self) -> Path:
        """Docker archives for use by hand and in tests: registry-3.tar, hello.tar."""
        return self.cache / "images"

    @property
    def daemon_socket(self) -> Path:
        """The API socket of the lab's own dockerd."""
        return self.run / "docker.sock"

    def node_socket(self, name: str) -> Path:
        """Return the API socket of the dockerd inside a node, good on this machine while the node runs."""
        return self.run / f"{name}.sock"

    def node_containerd_socket(self, name: str) -> Path:
        """Return the API socket of a node's containerd, for crictl; good on this machine while the node runs."""
        return self.run / f"{name}.containerd.sock"
