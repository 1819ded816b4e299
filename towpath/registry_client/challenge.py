"""What a 401 asks for: the `WWW-Authenticate` header (RFC 9110 section 11.6.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  # a grammar, not a secret
_SCHEME = re.compile(rf"\s*,?\s*({_TOKEN})(?=\s|,|$)")
_PARAMETER = re.compile(rf'\s*,?\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme in lower case, its parameters by lower-case name."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """Read every challenge of every `WWW-Authenticate` header; what cannot be read ends that header."""
    challenges = []
    for header in headers:
        position = 0
        while match := _SCHEME.match(header, position):
            parameters, position = _parameters(header, match.end())
            challenges.append(Challenge(match[1].lower(), parameters))
    return challenges


def _parameters(header: str, position: int) -> tuple[dict[str, str], int]:
    parameters: dict[str, str] = {}
    while match := _PARAMETER.match(header, position):
        quoted = match[2]
        parameters[match[1].lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[3]
        position = match.end()
    return parameters, position
