"""Connections of a stack's nodes, from its settings."""

import dataclasses

from pydantic import SecretStr

from towpath.applier.bootstrap import Sudo
from towpath.errors import SettingsError
from towpath.settings.files import ReadFile
from towpath.settings.nodes import Node, Nodes, Ssh
from towpath.ssh.connection import Connection
from towpath.ssh.known_hosts import host_key_for


def connections(nodes: Nodes, read: ReadFile) -> dict[str, Connection]:
    """Return a connection for every node, by its name.

    Raises SettingsError with all findings: files that cannot be read, nodes without a host key or a way to log in.
    """
    resolver = _Resolver(read)
    found = {name: resolver.connection(name, node, nodes.ssh_of(node)) for name, node in nodes.members.items()}
    if resolver.findings:
        raise SettingsError(list(dict.fromkeys(resolver.findings)))
    return {name: connection for name, connection in found.items() if connection}


class _Resolver:
    """Collects findings while it puts connections together."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self.findings: list[str] = []

    def connection(self, name: str, node: Node, ssh: Ssh) -> Connection | None:
        key = f"towpath:nodes.members.{name}"
        known_hosts = self._text("towpath:nodes.ssh.known_hosts_file", ssh.known_hosts_file)
        host_key = node.host_key or host_key_for(known_hosts, node.address, ssh.port)
        if host_key is None:
            self.findings.append(_no_host_key(f"{key}.host_key", node.address, ssh))
        private_key = self._private_key(ssh)
        if not (private_key or ssh.password or ssh.agent):
            self.findings.append(f"{key}: has no way to log in; set nodes.ssh.private_key, password or agent")
        bastion = self._bastion(ssh, known_hosts, private_key)
        sudo = self._sudo(key, ssh)
        if host_key is None or sudo is None:
            return None
        return Connection(
            host=node.address,
            host_key=host_key,
            port=ssh.port,
            user=ssh.user,
            private_key=private_key,
            private_key_password=_plain(ssh.private_key_password),
            password=_plain(ssh.password),
            agent=ssh.agent,
            proxy=bastion,
            sudo=sudo,
        )

    def _private_key(self, ssh: Ssh) -> str | None:
        if ssh.private_key is not None:
            return ssh.private_key.get_secret_value()
        if ssh.private_key_file is None:
            return None
        return self._text("towpath:nodes.ssh.private_key_file", ssh.private_key_file) or None

    def _bastion(self, ssh: Ssh, known_hosts: str, private_key: str | None) -> Connection | None:
        """Log in there as on the nodes, unless it has a key of its own."""
        bastion = ssh.bastion
        if bastion is None:
            return None
        host_key = bastion.host_key or host_key_for(known_hosts, bastion.address, bastion.port)
        if host_key is None:
            self.findings.append(
                f"towpath:nodes.ssh.bastion.host_key: the bastion {bastion.address} has no host key; "
                "set it, or add the bastion to known_hosts_file"
            )
            return None
        there = Connection(bastion.address, host_key, bastion.port, bastion.user)
        if bastion.private_key:
            return dataclasses.replace(there, private_key=_plain(bastion.private_key))
        return dataclasses.replace(
            there,
            private_key=private_key,
            private_key_password=_plain(ssh.private_key_password),
            password=_plain(ssh.password),
            agent=ssh.agent,
        )

    def _sudo(self, key: str, ssh: Ssh) -> Sudo | None:
        if ssh.sudo == "password" and not _plain(ssh.sudo_password):
            self.findings.append(f"{key}: sudo is 'password', but there is none; set nodes.ssh.sudo_password")
            return None
        return Sudo(ssh.sudo, _plain(ssh.sudo_password))

    def _text(self, key: str, path: str | None) -> str:
        if path is None:
            return ""
        try:
            return self._read(path)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            self.findings.append(f"{key} = {path!r}: cannot be read ({why}); paths are relative to the project")
            return ""


def _no_host_key(key: str, address: str, ssh: Ssh) -> str:
    place = f"{ssh.known_hosts_file} has none for it" if ssh.known_hosts_file else "known_hosts_file is not set either"
    port = "" if ssh.port == 22 else f"-p {ssh.port} "  # noqa: PLR2004 SSH's own port
    return (
        f"{key}: {address} has no host key, and {place}; get it by `ssh-keyscan -t ed25519 {port}{address}` and "
        "compare it with /etc/ssh/ssh_host_ed25519_key.pub on the machine"
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
