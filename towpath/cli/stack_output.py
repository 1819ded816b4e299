"""The registry and the credentials of a stack, asked of `pulumi stack output`."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from towpath.doctor import pulumi
from towpath.errors import TowpathError
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint

PREFERRED_ACCOUNT = "admin"


class StackOutputError(TowpathError):
    """A stack's outputs cannot be had, or have no registry among them."""


class _Output(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class RegistryOutput(_Output):
    """Output `registry`; `host` is `host:port`."""

    host: str
    ca_pem: str


class AccountOutput(_Output):
    """One entry of output `credentials`."""

    username: str
    password: SecretStr


class StackOutputs(_Output):
    """The outputs that are used here."""

    registry: RegistryOutput
    credentials: dict[str, AccountOutput] = {}

    @property
    def endpoint(self) -> Endpoint:
        """Where the stack's registry is."""
        return Endpoint(self.registry.host, self.registry.ca_pem)

    def account(self) -> Credentials | None:
        """Return the account `admin`, else the first by name; None if the stack exports none."""
        name = PREFERRED_ACCOUNT if PREFERRED_ACCOUNT in self.credentials else min(self.credentials, default=None)
        if name is None:
            return None
        chosen = self.credentials[name]
        return Credentials(chosen.username, chosen.password.get_secret_value())


def read(stack: str) -> StackOutputs:
    """Ask pulumi. Raises PulumiError, which holds no output's value, and StackOutputError."""
    words = ["stack", "output", "--json", "--show-secrets", "--stack", stack]
    return parse(pulumi.answer(None, words, f"stack {stack}: `pulumi stack output`"), stack)


def parse(text: str, stack: str) -> StackOutputs:
    """Read what `pulumi stack output --json` prints. Raises StackOutputError."""
    try:
        document: Any = json.loads(text)
        return StackOutputs.model_validate(document)
    except (ValidationError, ValueError) as error:
        named = ", ".join(
            ".".join(str(part) for part in finding["loc"]) or "the whole"
            for finding in (error.errors() if isinstance(error, ValidationError) else [])
        )
        raise StackOutputError(
            f"stack {stack}: its outputs lack what is needed ({named or 'no JSON'}); run `pulumi up` or give --registry"
        ) from None
