"""How the stack's cluster is reached and as whom, as a value that a Pulumi state can keep (as a secret)."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from towpath.cluster.client import ClusterClient
from towpath.cluster.identity import Identity
from towpath.cluster.kubeconfig import Context, read_context
from towpath.cluster.transport import Limits, Transport
from towpath.registry_client.retry import Retry

if TYPE_CHECKING:
    from towpath.ssh.connection import Connection


@dataclass(frozen=True)
class ClusterAccess:
    """A kubeconfig, a context of it, and the way to its API server."""

    kubeconfig: str = field(repr=False)
    """The content, a secret."""
    context: str | None = None
    """None: its current-context."""
    through: "Connection | None" = field(default=None, repr=False)
    """The machine whose SSH connection leads there; None: it is dialled from here."""

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        plain: dict[str, Any] = {"kubeconfig": self.kubeconfig, "context": self.context, "through": None}
        if self.through is None:
            return plain
        from towpath.machines.record import to_record  # noqa: PLC0415 loads what runs on machines

        return {**plain, "through": to_record(self.through)}

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "ClusterAccess":
        """Make the access again."""
        access = ClusterAccess(record["kubeconfig"], record.get("context"))
        if not (through := record.get("through")):
            return access
        from towpath.machines.record import from_record  # noqa: PLC0415 loads what runs on machines

        return replace(access, through=from_record(through))

    @asynccontextmanager
    async def client(
        self,
        limits: Limits | None = None,
        retry: Retry | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> AsyncIterator[ClusterClient]:
        """Open the API server.

        Raises KubeconfigError, CredentialPluginError, and SshError where a machine leads there.
        """
        environment = os.environ if environment is None else environment
        context = read_context(self.kubeconfig, self.context)
        identity = await asyncio.to_thread(Identity, context, environment)
        limits = limits or Limits()
        async with self._way(context) as connect_to:
            transport = Transport(context, identity.tls, limits, environment, connect_to)
            async with ClusterClient(context.server, identity, transport, limits, retry or Retry()) as client:
                yield client

    @asynccontextmanager
    async def _way(self, context: Context) -> AsyncIterator[tuple[str, int] | None]:
        if self.through is None:
            yield None
            return
        from towpath.ssh.session import forward  # noqa: PLC0415 the SSH library takes a third of a second to import

        async with forward(self.through, context.host, context.port) as port:
            yield "127.0.0.1", port
