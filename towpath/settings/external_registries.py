"""Registries of providers: their logins, fixed or given by a command."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from towpath.external.presets import Answer, Preset, PresetName, preset_of
from towpath.settings.types import Line, RegistryEndpoint, Section

Argument = Annotated[str, Field(min_length=1)]


class ExternalRegistry(Section):
    """Who logs in to a registry that is not ours. A fixed `password`, or a `command` that prints a token."""

    preset: PresetName | None = Field(None, description="what is usual there: user name, command, lifetime of a token")
    username: Line | None = Field(None, description="default: the preset's, or what the command says")
    password: SecretStr | None = Field(None, description="secret; fixed, until these settings give another")
    command: tuple[Argument, ...] | None = Field(
        None, description="instead: a program with its arguments, run at `up` where Pulumi runs; no secret in it"
    )
    answer: Answer | None = Field(
        None,
        description="what the command speaks: docker-helper (it is given `get`, and the host on its standard input), "
        "json, pair (`USER PASSWORD`), password (alone); default: password where the user name is known, else "
        "docker-helper",
    )
    email: Line | None = Field(None, description="written into pull secrets, for tools that want one")
    lifetime_minutes: int | None = Field(
        None, ge=1, description="of a token that does not say itself when it expires; default: the preset's"
    )
    renew_after_percent: int = Field(
        50, ge=1, le=99, description="an `up` gets another token once this share of its life is over"
    )
    timeout_seconds: int = Field(60, ge=1, le=600, description="how long the command may take")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.password is not None and self.command is not None:
            raise ValueError("has both password and command; keep one")
        if self.password is not None and not self.password.get_secret_value():
            raise ValueError("password is empty; give one, or a command that prints a token")
        if self.command == ():
            raise ValueError("command is empty; write the program and its arguments as a list")
        if self.password is not None and self.answer is not None:
            raise ValueError("answer is about a command; take it out, or give a command instead of the password")
        return self

    def command_for(self, host: str) -> tuple[str, ...] | None:
        """Return the command in force for a host; None: the password is fixed."""
        if self.password is not None:
            return None
        usual = self._usual.command
        return self.command or (usual(host) if usual else None)

    @property
    def user(self) -> str | None:
        """The user name, as far as the settings know it."""
        return self.username or self._usual.username

    @property
    def spoken(self) -> Answer:
        """How the command answers."""
        if self.answer:
            return self.answer
        return "password" if self.user else "docker-helper"

    @property
    def token_minutes(self) -> int | None:
        """How long a token lives that does not say so."""
        return self.lifetime_minutes or self._usual.lifetime_minutes

    @property
    def _usual(self) -> Preset:
        return preset_of(self.preset)


def _sound(registries: dict[str, ExternalRegistry]) -> dict[str, ExternalRegistry]:
    for host, registry in registries.items():
        only = preset_of(registry.preset).host
        if only and host != only:
            raise ValueError(f"{host}: the preset {registry.preset} is for {only}; rename the key or drop the preset")
        if registry.password is None and registry.command_for(host) is None:
            raise ValueError(f"{host}: has neither password nor command, so nobody can log in; set one of them")
        if registry.user is None and registry.spoken == "password":
            raise ValueError(f"{host}: username is missing; a command that prints a password alone does not say it")
        if registry.user is None and registry.password is not None:
            raise ValueError(f"{host}: has a password but no username; set both")
        if registry.preset == "harbor" and not (registry.user or "").startswith("robot$") and registry.password:
            raise ValueError(f"{host}: a robot account of Harbor is called robot$NAME; write its whole user name")
    return registries


ExternalRegistries = Annotated[dict[RegistryEndpoint, ExternalRegistry], AfterValidator(_sound)]
