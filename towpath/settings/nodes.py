"""The machines: how to reach each, and how to be sure that it is the right one."""

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from towpath.machines.batches import batch_size
from towpath.nodes import registries
from towpath.nodes.wish import Runtime
from towpath.settings.types import (
    AccountName,
    CertificatesPem,
    Host,
    HostKey,
    Line,
    Port,
    RegistryEndpoint,
    ResourceName,
    Section,
    UnverifiedRegistry,
)


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


class NodeSetup(Section):
    """What is set up on a node. What is not set is taken from the node's group, then from `nodes.setup`."""

    runtimes: tuple[Runtime, ...] | None = Field(
        None, description="which runtimes; default: those found on the node; a named one that is missing is an error"
    )
    proxy: bool | None = Field(None, description="give the runtimes the proxy, if there is one; default: true")
    proxied: tuple[Runtime, ...] | None = Field(
        None, description="which runtimes get it; default: all but kubelet, which pulls through its runtime"
    )
    docker_proxy: Literal["drop-in", "daemon.json"] | None = Field(
        None, description="where Docker's proxy stands; daemon.json needs Docker 23; default: drop-in"
    )
    live_restore: bool | None = Field(
        None, description="Docker keeps containers running while dockerd restarts; default: as it is on the node"
    )
    insecure_registries: tuple[UnverifiedRegistry, ...] | None = Field(
        None, description="host[:port] or CIDRs that Docker speaks to without verification; think twice"
    )
    credential_provider: bool | None = Field(
        None,
        description="let kubelet log in for the pods of every namespace, without pull secrets; needs Kubernetes 1.26; "
        "default: false",
    )


class NodeGroup(Section):
    """Settings that several nodes share."""

    ssh: NodeSsh = Field(default_factory=NodeSsh, description="what differs from nodes.ssh")
    setup: NodeSetup = Field(default_factory=NodeSetup, description="what differs from nodes.setup")


class Node(Section):
    """A machine that pulls images, runs the registry, or both."""

    address: Host = Field(description="DNS name or address of its SSH server")
    host_key: HostKey | None = Field(None, description="its public host key; else known_hosts_file must have it")
    group: ResourceName | None = Field(None, description="a key of nodes.groups")
    ssh: NodeSsh = Field(default_factory=NodeSsh, description="what differs from its group and nodes.ssh")
    setup: NodeSetup = Field(default_factory=NodeSetup, description="what differs from its group and nodes.setup")
    gone: bool = Field(
        False, description="the machine is not there any more: leave it alone, at destroy and removal too"
    )


class Mirror(Section):
    """A place where an upstream's images can be had."""

    url: Line = Field(description="https://host[:port][/path]")
    ca_pem: CertificatesPem | None = Field(
        None, description="what signed its certificate, if not a CA that everybody trusts"
    )
    skip_verify: bool = Field(False, description="do not check its certificate; think twice")

    @field_validator("url")
    @classmethod
    def _sound(cls, value: str) -> str:
        return registries.Mirror(value).url


class Upstream(Section):
    """An upstream registry whose images are taken from mirrors, or whose certificate needs a CA of its own."""

    mirrors: tuple[Mirror, ...] = Field((), description="in the order in which they are tried")
    fallback: bool = Field(True, description="ask the upstream itself when no mirror has the image")
    ca_pem: CertificatesPem | None = Field(
        None, description="what signed its own certificate, if not a CA that everybody trusts"
    )
    ca_file: Line | None = Field(None, description="instead of ca_pem: a file, absolute or relative to the project")

    @model_validator(mode="before")
    @classmethod
    def _read_ca(cls, values: object, info: ValidationInfo) -> object:
        if not (isinstance(values, dict) and isinstance(path := values.get("ca_file"), str)):
            return values
        if values.get("ca_pem") is not None:
            raise ValueError("has both ca_pem and ca_file; keep one of them")
        return {**values, "ca_pem": _read(path, info)}


def _read(path: str, info: ValidationInfo) -> str | None:
    """Read a file by the function that `load_settings` was given; without one, leave its content out."""
    if info.context is None:
        return None
    try:
        return str(info.context(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"ca_file {path!r} cannot be read ({why}); paths are relative to the project") from None


class Rollout(Section):
    """How a change reaches the nodes: in batches, each when the runtimes of the one before answer again."""

    max_unavailable: int | str = Field(1, description="nodes at a time: a number, or a share such as '25%'")
    unreachable: Literal["stop", "continue"] = Field(
        "stop", description="a node that does not answer: stop before anything, or do the others and report it last"
    )

    @field_validator("max_unavailable")
    @classmethod
    def _sound(cls, value: int | str) -> int | str:
        batch_size(value, 1)
        return value


class Nodes(Section):
    """All machines of the stack."""

    ssh: Ssh = Field(default_factory=Ssh, description="how all of them are reached")
    setup: NodeSetup = Field(default_factory=NodeSetup, description="what is set up on all of them")
    upstreams: dict[RegistryEndpoint, Upstream] = Field(
        default_factory=dict, description="mirrors, by the upstream's host as in image references, e.g. docker.io"
    )
    rollout: Rollout = Field(default_factory=Rollout, description="how changes reach them")
    groups: dict[ResourceName, NodeGroup] = Field(default_factory=dict, description="settings that nodes share")
    members: dict[ResourceName, Node] = Field(default_factory=dict, description="the nodes, by name")
    account: AccountName | None = Field(
        None, description="whom credential_provider logs in as; default: the first account whose role is pull"
    )
    preflight: bool = Field(
        True,
        description="try every node's SSH while previewing: what cannot work is said before anything is touched",
    )

    @model_validator(mode="after")
    def _groups_exist(self) -> Self:
        for name, node in self.members.items():
            if node.group is not None and node.group not in self.groups:
                known = ", ".join(sorted(self.groups)) or "none"
                raise ValueError(f"members.{name}.group is {node.group!r}, which is no group; write one of: {known}")
        return self

    @model_validator(mode="after")
    def _machines_differ(self) -> Self:
        seen: dict[tuple[str, int], str] = {}
        for name, node in self.members.items():
            place = (node.address, self.ssh_of(node).port)
            if place in seen:
                raise ValueError(f"members.{seen[place]} and members.{name} are one machine, {node.address}; keep one")
            seen[place] = name
        return self

    def ssh_of(self, node: Node) -> Ssh:
        """Put a node's SSH settings together: its own, its group's, the shared ones."""
        found = self.ssh
        for own in self._layers(node):
            found = _overlaid(found, own.ssh)
        return found

    def setup_of(self, node: Node) -> NodeSetup:
        """Put a node's set-up together likewise."""
        found = self.setup
        for own in self._layers(node):
            found = found.model_copy(update=_set_fields(own.setup))
        return found

    def _layers(self, node: Node) -> list[NodeGroup | Node]:
        return [*([self.groups[node.group]] if node.group else []), node]


_WAYS_IN = {"private_key", "private_key_file", "password", "agent"}


def _overlaid(shared: Ssh, own: NodeSsh) -> Ssh:
    """Take what `own` sets; a way to log in of its own stands instead of the shared ones, not beside them."""
    update = _set_fields(own)
    if update.keys() & _WAYS_IN:
        update = {"private_key": None, "private_key_file": None, "password": None, "agent": False} | update
    return shared.model_copy(update=update)


def _set_fields(section: Section) -> dict[str, Any]:
    return {name: value for name in type(section).model_fields if (value := getattr(section, name)) is not None}
