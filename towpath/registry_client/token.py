"""Access tokens: which request gets one, and what comes back. No I/O.

Source: the distribution project's "Token Authentication Specification" and "OAuth2 Token Authentication".
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from towpath.registry_client.challenge import Challenge
from towpath.registry_client.credentials import Credentials

CLIENT_ID = "towpath"
_SHORTEST_SECONDS = 60
_MARGIN_SECONDS = 10


class UnusableChallengeError(ValueError):
    """A bearer challenge without a realm that may be asked over HTTPS."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The request that gets a token."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the moment, on the clock that was given, after which it is not used any more."""

    value: str = field(repr=False)
    good_until: float


def token_request(challenge: Challenge, scopes: Iterable[str], credentials: Credentials | None) -> TokenRequest:
    """Build the request for a token of these scopes. Raises UnusableChallengeError."""
    realm = _realm(challenge)
    service = challenge.parameters.get("service", "")
    if credentials and credentials.identity_token:
        form = {
            "grant_type": "refresh_token",
            "service": service,
            "client_id": CLIENT_ID,
            "scope": " ".join(scopes),
            "refresh_token": credentials.identity_token,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return TokenRequest("POST", urlunsplit(realm), kind, urlencode(form).encode())
    query = [("service", service)] if service else []
    query += [("scope", scope) for scope in scopes]
    joined = "&".join(part for part in (realm.query, urlencode(query)) if part)
    headers = {"Authorization": credentials.basic} if credentials else {}
    return TokenRequest("GET", urlunsplit((realm.scheme, realm.netloc, realm.path, joined, "")), headers)


def _realm(challenge: Challenge) -> SplitResult:
    try:
        realm = urlsplit(challenge.parameters.get("realm", ""))
        readable = realm.scheme == "https" and realm.hostname and realm.port != 0
    except ValueError:
        readable = False
    if not readable:
        raise UnusableChallengeError("it asks for a token without naming an https realm to get it from")
    return realm


def parse_token(body: bytes, now: float) -> Token | None:
    """Read the answer; None if it holds no token. Without `expires_in` a token is good for 60 s, as specified."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    value = document.get("token") or document.get("access_token")
    if not isinstance(value, str) or not value:
        return None
    lasts = document.get("expires_in")
    seconds = float(lasts) if isinstance(lasts, int | float) else float(_SHORTEST_SECONDS)
    return Token(value, now + max(seconds, _SHORTEST_SECONDS) - _MARGIN_SECONDS)
