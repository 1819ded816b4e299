"""The machines: how to reach each, and how to be sure that it is the right one."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from towpath.settings.types import Host, HostKey, Line, Port, ResourceName, Section


class Bastion(Section):
    """A host that SSH connections go through."""

    address: Host = Field(description="DNS name or address")
    port: Port = Field(22, description="of its SSH server")
    user: Line = Field("root", description="who logs in there")
    host_key: HostKey | None = Field(None, description="its public key; else known_hosts_file must have it")
    private_key: SecretStr | None = Field(None, description="secret, PEM; default: the nodes' own")


class Ssh(Section):
    """How nodes are reached; a node may set any of it for itself."""

    user: Line = Field("root", description="who logs in")
    port: Port = Field(22, description="of the SSH server")
    private_key: SecretStr | None = Field(None, description="secret, PEM or OpenSSH format")
    private_key_file: Line | None = Field(None, description="instead: a file, relative to the project")
    private_key_password: SecretStr | None = Field(None, description="secret, of the private key")
    password: SecretStr | None = Field(None, description="secret, instead of a key")
    agent: bool = Field(False, description="use the SSH agent of the environment (SSH_AUTH_SOCK)")
    known_hosts_file: Line | None = Field(None, description="host keys of nodes that have no host_key of their own")
    sudo: Literal["none", "passwordless", "password"] = Field(
        "none", description="how the user becomes root; none: it is root"
    )
    sudo_password: SecretStr | None = Field(None, description="secret, for sudo: password")
    bastion: Bastion | None = Field(None, description="a host to go through")


class NodeSsh(Section):
    """What one node sets otherwise than `nodes.ssh`."""

    user: Line | None = Field(None, description="as nodes.ssh.user")
    port: Port | None = Field(None, description="as nodes.ssh.port")
    private_key: SecretStr | None = Field(None, description="as nodes.ssh.private_key; replaces every shared way in")
    private_key_file: Line | None = Field(None, description="as nodes.ssh.private_key_file; likewise")
    private_key_password: SecretStr | None = Field(None, description="as nodes.ssh.private_key_password")
    password: SecretStr | None = Field(None, description="as nodes.ssh.password; replaces every shared way in")
    agent: bool | None = Field(None, description="as nodes.ssh.agent; likewise")
    sudo: Literal["none", "passwordless", "password"] | None = Field(None, description="as nodes.ssh.sudo")
    sudo_password: SecretStr | None = Field(None, description="as nodes.ssh.sudo_password")
    bastion: Bastion | None = Field(None, description="as nodes.ssh.bastion")


class Node(Section):
    """A machine that pulls images, runs the registry, or both."""

    address: Host = Field(description="DNS name or address of its SSH server")
    host_key: HostKey | None = Field(None, description="its public host key; else known_hosts_file must have it")
    ssh: NodeSsh = Field(default_factory=NodeSsh, description="what differs from nodes.ssh")


def _not_empty(members: dict[str, Node]) -> dict[str, Node]:
    if not members:
        raise ValueError("no node is named, there is nothing to do; add one, e.g. 'node-1: {address: 10.0.0.5}'")
    return members


class Nodes(Section):
    """All machines of the stack."""

    ssh: Ssh = Field(default_factory=Ssh, description="how all of them are reached")
    members: Annotated[dict[ResourceName, Node], AfterValidator(_not_empty)] = Field(description="the nodes, by name")
    preflight: bool = Field(
        True,
        description="try every node's SSH while previewing: what cannot work is said before anything is touched",
    )
