"""How resources reach the stack's registry: as its account for writing, by the way that the settings name."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.certificates import Certificates
from components.credentials import Credentials
from components.machine import Machine
from towpath.access.registry_access import RegistryAccess
from towpath.access.writing_account import writing_account
from towpath.nodes.registries import endpoint
from towpath.settings.settings import Settings


def registry_access(
    settings: Settings, certificates: Certificates, credentials: Credentials, machines: Mapping[str, Machine]
) -> pulumi.Output[dict[str, Any]]:
    """Return the record of a `RegistryAccess`, secret."""
    account = writing_account(settings.accounts)
    node = settings.registry_node

    def record(values: dict[str, Any]) -> dict[str, Any]:
        login = values["logins"][account]
        return RegistryAccess(
            registry=endpoint(settings.registry_host, settings.registry_port),
            username=login["username"],
            password=login["password"],
            ca_pem=values["ca_pem"],
            address=_address(settings),
            through=machines[node].connection if settings.registry.access == "ssh" else None,
        ).to_record()

    parts = pulumi.Output.all(logins=credentials.logins, ca_pem=certificates.ca_pem)
    return pulumi.Output.secret(parts.apply(record))


def _address(settings: Settings) -> tuple[str, int] | None:
    """Return where the registry listens: this machine need not know the name that the nodes' hosts files have."""
    there = settings.registry_address(settings.registry_node)
    return (there, settings.registry_port) if there else None
