"""The lab's SSH keys: one for the client, one a node, and the known_hosts file made from them, not from contact."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from lab import state
from lab.paths import Paths
from lab.topology import node_address


def new_key() -> bytes:
    """Return a fresh Ed25519 private key in OpenSSH's format."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def public_line(private: bytes) -> str:
    """Return the public key of a private one, as a line without comment: `ssh-ed25519 AAAA...`."""
    public = load_ssh_private_key(private, password=None).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def client_key(paths: Paths) -> bytes:
    """Return the client's private key, made on first use."""
    return state.once(paths.client_key, new_key)


def host_key(paths: Paths, node: str) -> bytes:
    """Return a node's private host key, made on first use."""
    return state.once(paths.state / "hostkeys" / node, new_key)


def write_known_hosts(paths: Paths, nodes: list[str]) -> None:
    """Write known_hosts with a line a node, by address and by name."""
    lines = [f"{node_address(node)},{node} {public_line(host_key(paths, node))}\n" for node in nodes]
    state.write_private(paths.known_hosts, "".join(lines).encode())
