"""What a node answered to the probe, read into values.

    towpath-doctor-answer 1
    began SECONDS · openssl found
    unit NAME PID ENABLED RELOAD · planned NAME BASE64 · running NAME BASE64
    docker BASE64 · space FOLDER DEVICE TOTAL FREE · resolve NAME ADDRESSES
    tls ID EXIT STATUS BASE64 · pull RUNTIME ENDPOINT EXIT BASE64
    ended SECONDS

It holds the proxies of running daemons, and so may hold passwords.
"""

import base64
import binascii
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from towpath.errors import TowpathError

_HEAD = "towpath-doctor-answer 1"
_DOCKER_LINES = 4


class AnswerError(TowpathError, ValueError):
    """A machine answered with something that is no answer of the probe."""


@dataclass(frozen=True)
class Unit:
    """A daemon: `pid` 0 if it does not run; `planned` is what it would start with, `running` what it started with."""

    pid: int = 0
    enabled: str = ""
    """systemd's UnitFileState, e.g. `enabled`; empty where there is no systemd."""
    needs_reload: bool = False
    """Its files changed, and systemd has not read them yet."""
    planned: Mapping[str, str] = field(default_factory=dict, repr=False)
    running: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class DockerProxies:
    """What dockerd says of itself; it masks user names and passwords as `xxxxx`."""

    http: str
    https: str
    no_proxy: str


@dataclass(frozen=True)
class Space:
    """A folder's file system."""

    folder: str
    device: str
    total_kib: int
    free_kib: int


@dataclass(frozen=True)
class TlsAnswer:
    """How openssl ended, the HTTP status if one came, and what it said."""

    exit_code: int
    status: int | None = None
    said: str = field(default="", repr=False)


@dataclass(frozen=True)
class PullAnswer:
    """How a pull ended, and what was said."""

    exit_code: int
    said: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """Everything a node answered. Times are its own clock's, in seconds of the epoch."""

    began_seconds: int = 0
    ended_seconds: int = 0
    openssl: bool = True
    units: Mapping[str, Unit] = field(default_factory=dict)
    docker: DockerProxies | None = None
    spaces: tuple[Space, ...] = ()
    addresses: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    """By name; none: it does not resolve; None: there is nothing on the machine to ask with."""
    tls: Mapping[str, TlsAnswer] = field(default_factory=dict)
    pulls: Mapping[tuple[str, str], PullAnswer] = field(default_factory=dict)
    """By runtime and endpoint."""


def parse_answer(text: str) -> Answer:
    """Read an answer; what the login shell prints before it is passed over. Raises AnswerError."""
    lines = text.splitlines()
    if _HEAD not in lines:
        raise AnswerError("the machine's answer is none of the probe; look at what its login shell prints")
    reader = _Reader(line.split(" ") for line in lines[lines.index(_HEAD) + 1 :])
    try:
        return reader.answer()
    except (ValueError, KeyError, IndexError):
        raise AnswerError("the machine's answer is broken or cut off; run it again") from None


class _Reader:
    """Sorts the lines by their first word."""

    def __init__(self, lines: Iterable[list[str]]) -> None:
        self._by_kind: dict[str, list[list[str]]] = {}
        for kind, *fields in lines:
            self._by_kind.setdefault(kind, []).append(fields)

    def answer(self) -> Answer:
        return Answer(
            began_seconds=int(self._one("began")[0]),
            ended_seconds=int(self._one("ended")[0]),
            openssl="openssl" in self._by_kind,
            units=self._units(),
            docker=self._docker(),
            spaces=tuple(
                Space(folder, device, int(total), int(free)) for folder, device, total, free in self._all("space")
            ),
            addresses={name: _addresses(found) for name, found in self._all("resolve")},
            tls={
                id_: TlsAnswer(int(code), None if status == "-" else int(status), _text(said))
                for id_, code, status, said in self._all("tls")
            },
            pulls={
                (runtime, endpoint): PullAnswer(int(code), _text(said))
                for runtime, endpoint, code, said in self._all("pull")
            },
        )

    def _all(self, kind: str) -> list[list[str]]:
        return self._by_kind.get(kind, [])

    def _one(self, kind: str) -> list[str]:
        return self._by_kind[kind][0]

    def _units(self) -> dict[str, Unit]:
        planned = {name: _assignments(shlex.split(_text(said))) for name, said in self._all("planned")}
        running = {name: _assignments(_text(said).splitlines()) for name, said in self._all("running")}
        return {
            name: Unit(
                pid=int(pid),
                enabled="" if enabled == "-" else enabled,
                needs_reload=reload == "yes",
                planned=planned.get(name, {}),
                running=running.get(name, {}),
            )
            for name, pid, enabled, reload in self._all("unit")
        }

    def _docker(self) -> DockerProxies | None:
        if "docker" not in self._by_kind:
            return None
        lines = [*_text(self._one("docker")[0]).split("\n"), *[""] * _DOCKER_LINES]
        return DockerProxies(*lines[1:_DOCKER_LINES])


def _text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except binascii.Error:
        raise AnswerError("broken base64") from None


def _addresses(found: str) -> tuple[str, ...] | None:
    if found == "?":
        return None
    return () if found == "-" else tuple(found.split(","))


def _assignments(items: Iterable[str]) -> dict[str, str]:
    return dict(item.split("=", 1) for item in items if "=" in item)
