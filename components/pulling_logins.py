"""Who pulls from which registry, as nodes are told."""

from typing import TYPE_CHECKING

import pulumi

from components.credentials import Credentials
from towpath.accounts.choice import pulling_account
from towpath.settings.settings import Settings

if TYPE_CHECKING:
    from components.external_logins import ExternalLogins


def pulling_logins(
    settings: Settings, credentials: Credentials | None, external: "ExternalLogins | None"
) -> dict[str, pulumi.Output[dict[str, str]]]:
    """Return host as in image references → `{"username", "password"}`, secret: our own registry's and providers'."""
    found = dict(external.logins) if external else {}
    if credentials:
        account = settings.nodes.account or pulling_account(settings.accounts)
        found[settings.registry_endpoint] = credentials.logins.apply(lambda logins: logins[account])
    return found
