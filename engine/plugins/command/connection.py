"""The `connection` property of remote resources, read into values, with its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULTS: Mapping[str, Any] = {"dialErrorLimit": 10, "perDialTimeout": 15, "port": 22, "user": "root"}
SECRETS = frozenset({"password", "privateKey", "privateKeyPassword"})
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One SSH server and how to log in to it.

    `host_key` is a line as in `authorized_keys` ("ssh-ed25519 AAAA…"), or None: the key is not checked.
    `dial_error_limit` is the number of failed attempts that are forgiven, -1 for any. `per_dial_timeout_seconds`
    bounds one attempt, 0 does not.
    """

    host: str
    port: int
    user: str
    dial_error_limit: int
    per_dial_timeout_seconds: int
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    private_key_password: str | None = field(default=None, repr=False)
    agent_socket: str | None = None
    host_key: str | None = None

    @property
    def label(self) -> str:
        """`user@host:port`, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}"

    @property
    def secrets(self) -> list[str]:
        """Values that no message may hold."""
        return [value for value in (self.password, self.private_key, self.private_key_password) if value]


@dataclass(frozen=True, slots=True)
class Connection:
    """The server that a resource works on, and the bastion on the way to it, if any."""

    target: Endpoint
    bastion: Endpoint | None = None

    @property
    def secrets(self) -> list[str]:
        """Values that no message may hold."""
        return self.target.secrets + (self.bastion.secrets if self.bastion else [])


def read_connection(value: Mapping[str, Any]) -> Connection:
    """Read a checked `connection` object, given in plain Python types."""
    proxy = value.get("proxy")
    return Connection(target=_endpoint(value), bastion=_endpoint(proxy) if proxy else None)


def _endpoint(value: Mapping[str, Any]) -> Endpoint:
    settings = {**DEFAULTS, **{key: item for key, item in value.items() if item is not None}}
    return Endpoint(
        host=settings["host"],
        port=int(settings["port"]),
        user=settings["user"],
        dial_error_limit=int(settings["dialErrorLimit"]),
        per_dial_timeout_seconds=int(settings["perDialTimeout"]),
        password=settings.get("password"),
        private_key=settings.get("privateKey"),
        private_key_password=settings.get("privateKeyPassword"),
        agent_socket=settings.get("agentSocketPath"),
        host_key=settings.get("hostKey"),
    )
