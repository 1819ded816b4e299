"""What runtimes say when they pull an image that nobody has, sorted: how far did they get.

The words are those of Go's net, crypto/x509 and net/http packages, of Docker, containerd and CRI; only the last line
counts, since runtimes tell of each host they try before it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from towpath.doctor.answer import PullAnswer


class Reached(StrEnum):
    """How far a pull got."""

    REGISTRY = "registry"
    """A registry answered that it has no such image."""
    LOGIN = "login"
    """A registry answered that it wants a login, or another one."""
    UNTRUSTED = "untrusted"
    DATES = "dates"
    PROXY_LOGIN = "proxy login"
    PROXY = "proxy"
    NAME = "name"
    CONNECT = "connect"
    NOT_TLS = "not TLS"
    SERVER = "server"
    NO_CLIENT = "no client"
    OTHER = "other"


@dataclass(frozen=True)
class PullFinding:
    """How far, and the runtime's own last words."""

    reached: Reached
    said: str
    unreadable_hosts: str | None = None
    """Why containerd could not read a hosts.toml, and went on without it."""


_NO_PROGRAM = 127
_TIMED_OUT = frozenset({124, 143})
_SHOWN_CHARACTERS = 300
_HOSTS_TOML = re.compile(r'failed to decode hosts\.toml" error="?(.*?)"?(?: \w+=|$)')
_WORDS: tuple[tuple[Reached, re.Pattern[str]], ...] = tuple(
    (reached, re.compile(pattern, re.IGNORECASE))
    for reached, pattern in (
        (Reached.PROXY_LOGIN, r"proxy authentication required"),
        (Reached.DATES, r"x509: certificate has expired or is not yet valid"),
        (Reached.UNTRUSTED, r"x509:|tls: failed to verify"),
        (Reached.NOT_TLS, r"server gave HTTP response to HTTPS client|first record does not look like a TLS"),
        (Reached.NAME, r"\blookup \S+|no such host|server misbehaving"),
        (Reached.PROXY, r"proxyconnect tcp"),
        (Reached.CONNECT, r"connection refused|no route to host|network is unreachable|connection reset"),
        (Reached.CONNECT, r"i/o timeout|deadline exceeded|handshake timeout|Client\.Timeout|request canceled"),
        (Reached.SERVER, r"\bstatus\b.*: 5\d\d\b"),
        (Reached.LOGIN, r"no basic auth|unauthorized|authentication required|authorization failed|\b401\b"),
        (Reached.REGISTRY, r"manifest unknown|name unknown|not found|does not exist|denied|\b40[34]\b"),
        (Reached.PROXY, r": (?:forbidden|bad gateway|service unavailable|gateway timeout)\s*$"),
    )
)


def pull_finding(answer: PullAnswer) -> PullFinding:
    """Sort one answer."""
    lines = [line.strip() for line in answer.said.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    unreadable = next(filter(None, map(_HOSTS_TOML.search, lines)), None)
    return PullFinding(
        _reached(answer.exit_code, last), last[:_SHOWN_CHARACTERS], unreadable[1] if unreadable else None
    )


def _reached(exit_code: int, last: str) -> Reached:
    if exit_code == 0:
        return Reached.REGISTRY
    if exit_code == _NO_PROGRAM:
        return Reached.NO_CLIENT
    found = next((reached for reached, pattern in _WORDS if pattern.search(last)), None)
    if found is None:
        return Reached.CONNECT if exit_code in _TIMED_OUT else Reached.OTHER
    return found
