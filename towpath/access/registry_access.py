"""How the stack's registry is reached and as whom, as a value that a Pulumi state can keep (as a secret)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from towpath.machines.record import from_record, to_record
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits
from towpath.ssh.connection import Connection


@dataclass(frozen=True)
class RegistryAccess:
    """A registry, an account of it, and the way there."""

    registry: str
    """`HOST:PORT`, as image references and the certificate have it."""
    username: str
    """Empty: it is asked without a login."""
    password: str = field(repr=False)
    ca_pem: str | None = None
    """What to trust instead of the system's CAs."""
    address: tuple[str, int] | None = None
    """Where it listens, if the registry's own name does not say so to whoever asks."""
    through: Connection | None = field(default=None, repr=False)
    """The machine whose SSH connection leads there; None: it is dialled from here."""

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        return {
            "registry": self.registry,
            "username": self.username,
            "password": self.password,
            "ca_pem": self.ca_pem,
            "address": list(self.address) if self.address else None,
            "through": to_record(self.through) if self.through else None,
        }

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "RegistryAccess":
        """Make the access again; numbers may have come back as floats."""
        address, through = record.get("address"), record.get("through")
        return RegistryAccess(
            registry=record["registry"],
            username=record["username"],
            password=record["password"],
            ca_pem=record.get("ca_pem"),
            address=(address[0], int(address[1])) if address else None,
            through=from_record(through) if through else None,
        )

    @property
    def credentials(self) -> Credentials | None:
        """The account's."""
        return Credentials(self.username, self.password) if self.username else None

    @asynccontextmanager
    async def session(
        self, limits: Limits | None = None, retry: Retry | None = None, *, credentials: Credentials | None = None
    ) -> AsyncIterator[RegistrySession]:
        """Open the registry, as its account unless others are given.

        Raises RegistryError kinds while it is asked, and SshError where a machine leads there.
        """
        credentials = credentials or self.credentials
        if self.through is None:
            async with RegistrySession(
                self._endpoint(self.address), credentials, limits=limits, retry=retry
            ) as session:
                yield session
            return
        from towpath.ssh.session import forward  # noqa: PLC0415 the SSH library takes a third of a second to import

        async with (
            forward(self.through, *self._listens_at()) as port,
            RegistrySession(self._endpoint(("127.0.0.1", port)), credentials, limits=limits, retry=retry) as session,
        ):
            yield session

    def _endpoint(self, connect_to: tuple[str, int] | None) -> Endpoint:
        return Endpoint(self.registry, self.ca_pem, connect_to)

    def _listens_at(self) -> tuple[str, int]:
        if self.address:
            return self.address
        host, _, port = self.registry.rpartition(":")
        return (host.strip("[]"), int(port)) if host else (self.registry, 443)
