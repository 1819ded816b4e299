"""Which `Authorization` a request carries. Basic once it is known to be wanted; else a token a set of scopes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from towpath.registry_client.challenge import Challenge, parse_challenges
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.token import Token, TokenRequest, UnusableChallengeError, parse_token, token_request

Scopes = tuple[str, ...]
FetchToken = Callable[[TokenRequest], Awaitable[bytes]]
"""Sends the request and returns the body of a 2xx answer; raises RegistryError for anything else."""


class Authentication:
    """What was learned about how one registry wants to be asked. Tokens are fetched once a scope, and kept."""

    def __init__(
        self, credentials: Credentials | None, fetch: FetchToken, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._credentials = credentials
        self._fetch = fetch
        self._clock = clock
        self._challenge: Challenge | None = None
        self._tokens: dict[Scopes, Token] = {}
        self._locks: dict[Scopes, asyncio.Lock] = {}

    async def header(self, scopes: Scopes) -> str | None:
        """Return the header for a request of these scopes; None while nothing is known, or nobody asks for one."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            return self._credentials.basic if self._credentials else None
        return await self._bearer(scopes, rejected=None)

    async def after_refusal(self, headers: list[str], scopes: Scopes, sent: str | None) -> str | None:
        """Learn from a 401 and return the header to try again with; None if there is none that could do better.

        Raises UnusableChallengeError, and what fetching a token raises.
        """
        challenges = {challenge.scheme: challenge for challenge in reversed(parse_challenges(headers))}
        if "bearer" in challenges:
            self._challenge = challenges["bearer"]
            return await self._bearer(scopes, rejected=sent)
        if "basic" in challenges and self._credentials and not self._credentials.identity_token:
            self._challenge = challenges["basic"]
            return self._credentials.basic if self._credentials.basic != sent else None
        return None

    async def _bearer(self, scopes: Scopes, rejected: str | None) -> str | None:
        assert self._challenge is not None  # noqa: S101  # set by both callers
        async with self._locks.setdefault(scopes, asyncio.Lock()):
            token = self._tokens.get(scopes)
            if token is None or self._clock() >= token.good_until or f"Bearer {token.value}" == rejected:
                token = await self._new_token(self._challenge, scopes)
                self._tokens[scopes] = token
        return f"Bearer {token.value}"

    async def _new_token(self, challenge: Challenge, scopes: Scopes) -> Token:
        asked = self._clock()
        body = await self._fetch(token_request(challenge, scopes, self._credentials))
        token = parse_token(body, asked)
        if token is None:
            raise UnusableChallengeError("its token server answered without a token")
        return token
