"""What a document can hold about what follows files: commands, services, containers.

`on`, `restart_on` and `reload_on` hold paths of the same document, as they are declared there; `PATH#KEY` is a member
of a JsonKeys or TomlKeys entry, `PATH#block` a Block's text.
"""

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """A command that runs after files were replaced and before services are touched."""

    name: str
    run: str
    """Shell text; `TRUST_STORE`: whatever rebuilds the OS trust store."""
    on: tuple[str, ...]
    undo: str | None = None
    """Runs instead where one of the paths has gone, or is put back; default: `run`."""


TRUST_STORE = "@trust@"


@dataclass(frozen=True)
class Service:
    """A service of the machine's init system. One that is not there, or does not run, is left alone.

    A member of a file (`PATH#KEY`) in `reload_on` that goes restarts it: programs keep what a reload does not find.
    """

    name: str
    restart_on: tuple[str, ...] = ()
    reload_on: tuple[str, ...] = ()
    check: str | None = None
    """Shell text that succeeds when the service answers; it must be active in any case."""
    timeout_seconds: int = 90
    settle_seconds: int = 0
    """It must still answer this long after it first did: for services that are active before they have read a thing."""


@dataclass(frozen=True)
class Port:
    """A TCP port that the machine publishes for a container."""

    host: int
    container: int
    address: str = ""
    """The machine's address it listens on; empty: all."""


@dataclass(frozen=True)
class HttpsCheck:
    """A request to a server on this machine that must be answered by 200, with its certificate verified.

    The name in the certificate is `server`; the connection goes to `connect`. The password travels in the document.
    """

    server: str
    port: int
    ca: str
    """Path of the CA on the machine."""
    path: str = "/v2/_catalog"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connect: str = "127.0.0.1"

    @property
    def authorization(self) -> str | None:
        """The credentials of RFC 7617, encoded."""
        if self.user is None or self.password is None:
            return None
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Container:
    """A container on the machine's Docker. It is replaced when what makes it up changes, restarted with its files.

    Mount folders rather than single files: a file that is replaced by a rename is another file than the one mounted.
    A failed successor is removed and the old container runs again. A container of this name that is not ours is refused
    unless `adopt`; then it is stopped and kept aside, and a delete brings it back.
    """

    name: str
    image: str
    options: tuple[str, ...] = ()
    """Of `docker create`, without --name, --label and --publish."""
    command: tuple[str, ...] = ()
    """What follows the image."""
    ports: tuple[Port, ...] = ()
    restart_on: tuple[str, ...] = ()
    check: HttpsCheck | None = None
    adopt: bool = False
    timeout_seconds: int = 60


Actor = Command | Service | Container
