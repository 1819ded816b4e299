"""How a person names a registry on the command line, and who asks it."""

import inspect
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from towpath.access.registry_access import RegistryAccess
from towpath.cli.stack_registry import stack_registry
from towpath.errors import TowpathError
from towpath.oci.reference import Reference
from towpath.registry_client import docker_config
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits


class OptionsError(TowpathError):
    """The options given do not go together, or do not suffice."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The options, as given. Every command that asks a registry has each of these fields as an option."""

    registry: Annotated[str | None, typer.Option("--registry", help="the registry, HOST:PORT")] = None
    ca: Annotated[Path | None, typer.Option("--ca", help="PEM file of the CA to trust; else the system's")] = None
    username: Annotated[str | None, typer.Option("--username", "-u", help="else what `docker login` kept")] = None
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="read the password from stdin")] = False
    password_env: Annotated[str | None, typer.Option("--password-env", help="name of a variable")] = None
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="use this Pulumi stack's registry")] = None
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=64, help="requests at once")] = 8

    def open(self, reference: str | None = None) -> AbstractAsyncContextManager[RegistrySession]:
        """Make a session for the registry of the options, else of the stack, else of `reference`.

        Raises OptionsError, PulumiError, StackOutputError, SettingsError, DockerConfigError, InvalidReferenceError.
        """
        of_stack = stack_registry(self.stack) if self.stack else None
        registry = self.registry or (of_stack.registry if of_stack else None) or _registry_of(reference)
        if registry is None:
            raise OptionsError("which registry? give --registry HOST:PORT, or -s STACK for a stack's own")
        access = of_stack if of_stack and of_stack.registry == registry else RegistryAccess(registry, "", "")
        access = replace(access, ca_pem=self._ca_pem() or access.ca_pem)
        credentials = self._credentials(access.credentials, registry)
        return access.session(Limits(concurrency=self.concurrency), credentials=credentials)

    def _ca_pem(self) -> str | None:
        if self.ca is None:
            return None
        try:
            return self.ca.read_text()
        except (OSError, UnicodeDecodeError):
            raise OptionsError(
                f"--ca {self.ca}: cannot be read as PEM; name the file of the CA's certificate"
            ) from None

    def _credentials(self, of_stack: Credentials | None, registry: str) -> Credentials | None:
        if self.username is not None:
            return Credentials(self.username, self._password())
        if self.password_stdin or self.password_env:
            raise OptionsError("a password needs --username")
        return of_stack or docker_config.credentials_for(registry, os.environ)

    def _password(self) -> str:
        if self.password_stdin == bool(self.password_env):
            raise OptionsError("--username needs either --password-stdin or --password-env NAME")
        if self.password_env:
            if self.password_env not in os.environ:
                raise OptionsError(f"--password-env {self.password_env}: there is no such variable")
            return os.environ[self.password_env]
        return sys.stdin.readline().rstrip("\r\n")


def _registry_of(reference: str | None) -> str | None:
    if reference is None or "/" not in reference:
        return None
    return Reference.parse(reference).registry


def with_connection(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a connection; it takes them gathered, as its parameter `connection`."""
    shared = inspect.signature(Connection).parameters
    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "connection"]

    def gathered(**values: Any) -> None:  # noqa: ANN401  # typer hands over whatever the options hold
        given = {name: values.pop(name) for name in shared}
        command(connection=Connection(**given), **values)

    hints = get_type_hints(command, include_extras=True) | get_type_hints(Connection, include_extras=True)
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared.values())]
    gathered.__name__ = command.__name__
    gathered.__doc__ = command.__doc__
    gathered.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by typer
    gathered.__annotations__ = {parameter.name: hints[parameter.name] for parameter in parameters}
    return gathered
