"""The registry as the last `up` left it, from the stack's outputs: nothing of this run is known while it plans."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.access.writing_account import writing_account
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection


def deployed_registry(
    outputs: Mapping[str, Any], settings: Settings, connections: Mapping[str, Connection]
) -> RegistryAccess | None:
    """Return how to reach it, as the account for writing; None where there is none yet.

    `outputs`: `{"registry": {"host", "ca_pem"}, "credentials": {account: {"username", "password"}}}`, in plain text.
    """
    registry, logins = outputs.get("registry"), outputs.get("credentials")
    if not registry or not logins:
        return None
    login = logins[writing_account(settings.accounts, logins)]
    asked = RegistryAccess(registry["host"], login["username"], login["password"], registry["ca_pem"])
    return on_the_way_of(settings, asked, connections)


def on_the_way_of(settings: Settings, asked: RegistryAccess, connections: Mapping[str, Connection]) -> RegistryAccess:
    """Return the same access, reached as the settings say; `connections` are of need where that is by SSH."""
    there = settings.registry_address(settings.registry_node)
    moved = asked.registry != settings.registry_endpoint
    return replace(
        asked,
        address=(there, settings.registry_port) if there and not moved else None,
        through=connections[settings.registry_node] if settings.registry.access == "ssh" else None,
    )
