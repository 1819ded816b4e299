"""`Machine`: a node's name and connection, in the shapes that resources want."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command

from towpath.applier.bootstrap import Sudo
from towpath.machines.record import to_record
from towpath.ssh.connection import Connection

_DIAL_ERRORS = 3
"""Tries before a machine counts as unreachable; the plugin's own 10 take minutes."""


@dataclass(frozen=True)
class Machine:
    """A machine that documents are applied to."""

    name: str
    connection: Connection

    @property
    def sudo(self) -> Sudo:
        """How its user becomes root."""
        return self.connection.sudo

    def as_inputs(self) -> dict[str, Any]:
        """Plain values for a dynamic resource; they hold secrets."""
        return to_record(self.connection)

    def connection_args(self) -> command.remote.ConnectionArgs:
        """Arguments for `command.remote.*`."""
        connection = self.connection
        proxy = connection.proxy
        return command.remote.ConnectionArgs(
            host=connection.host,
            port=connection.port,
            user=connection.user,
            host_key=connection.host_key,
            private_key=_secret(connection.private_key),
            private_key_password=_secret(connection.private_key_password),
            password=_secret(connection.password),
            dial_error_limit=_DIAL_ERRORS,
            proxy=command.remote.ProxyConnectionArgs(
                host=proxy.host,
                port=proxy.port,
                user=proxy.user,
                host_key=proxy.host_key,
                private_key=_secret(proxy.private_key),
                private_key_password=_secret(proxy.private_key_password),
                password=_secret(proxy.password),
                dial_error_limit=_DIAL_ERRORS,
            )
            if proxy
            else None,
        )


def _secret(value: str | None) -> pulumi.Output[str] | None:
    return None if value is None else pulumi.Output.secret(value)
