"""`ExternalLogins`: who logs in to the registries of providers."""

from collections.abc import Mapping
from functools import partial

import pulumi

from components.dynamic.external_login import ExternalLogin
from towpath.external.expiry import token_expiry
from towpath.settings.external_registries import ExternalRegistry


class ExternalLogins(pulumi.ComponentResource):
    """One login a registry: fixed by the settings, or a token that lives in the state until it is due.

    Does not revoke tokens.
    """

    logins: dict[str, pulumi.Output[dict[str, str]]]
    """Host as in image references → `{"username", "password"}`, and `"email"` where it is set; secret."""
    expiries: dict[str, pulumi.Output[str]]
    """Host → when its token ends, RFC 3339; empty where nobody knows. No secret."""

    def __init__(
        self, name: str, registries: Mapping[str, ExternalRegistry], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Get what must be got by commands."""
        super().__init__("towpath:index:ExternalLogins", name, {}, opts)
        self._name = name
        self.logins, self.expiries = {}, {}
        for host, registry in registries.items():
            command = registry.command_for(host)
            if command is None:
                self._fixed(host, registry)
            else:
                self._by_command(host, registry, command)
        if pulumi.runtime.is_dry_run():
            for host, expires in self.expiries.items():
                expires.apply(partial(self._say, host))
        self.register_outputs({})

    def _say(self, host: str, expires: str) -> None:
        """Tell whoever reads a preview; of a token that is due, its resource tells."""
        if expires:
            pulumi.log.info(f"{host}: its token is good until {expires}", self)

    def _fixed(self, host: str, registry: ExternalRegistry) -> None:
        password = registry.password.get_secret_value() if registry.password else ""
        login = {"username": registry.user or "", "password": password} | _email(registry)
        self.logins[host] = pulumi.Output.secret(login)
        expires = token_expiry(password)
        self.expiries[host] = pulumi.Output.from_input(expires.isoformat() if expires else "")

    def _by_command(self, host: str, registry: ExternalRegistry, command: tuple[str, ...]) -> None:
        got = ExternalLogin(
            f"{self._name}-{host}",
            {
                "host": host,
                "command": list(command),
                "answer": registry.spoken,
                "username_given": registry.user,
                "lifetime_minutes": registry.token_minutes,
                "timeout_seconds": registry.timeout_seconds,
                "renew_after_percent": registry.renew_after_percent,
            },
            pulumi.ResourceOptions(parent=self),
        )
        login = pulumi.Output.all(username=got.username, password=got.password)
        self.logins[host] = pulumi.Output.secret(login.apply(lambda both: {**both, **_email(registry)}))
        self.expiries[host] = got.expires


def _email(registry: ExternalRegistry) -> dict[str, str]:
    return {"email": registry.email} if registry.email else {}
