"""One registry, asked with authentication, retries and a bound on how much at once."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Self, TypeVar

from towpath.https.connections import Response
from towpath.registry_client.answer import MAX_JSON_BYTES, Answer, bounded_body, error_of, is_definite
from towpath.registry_client.authentication import Authentication
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.errors import (
    ProtocolError,
    RateLimitedError,
    RegistryError,
    ServerFailedError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.registry_client.redirect import MAX_REDIRECTS, REDIRECTS, UnusableRedirectError, resolved, target
from towpath.registry_client.retry import Retry, retry_after_seconds
from towpath.registry_client.token import TokenRequest, UnusableChallengeError
from towpath.registry_client.transport import Limits, Network, Transport

_TRANSIENT = (RateLimitedError, ServerFailedError, TimedOutError, UnreachableError)
_LASTING_SERVER_FAILURES = frozenset({HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a value. `path` begins with `/v2/`, or is a whole URL that the registry itself named.

    `what` names it in errors. `scopes` are token scopes. `repeatable`: whether sending it twice does no harm.
    """

    method: str
    path: str
    what: str
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    repeatable: bool = True


@dataclass(slots=True)
class Features:
    """What was found out about a registry on the way; None: not known yet."""

    referrers: bool | None = None


class RegistrySession:
    """Opened with `async with`. Everything that is sent to one registry goes through one session.

    Every call raises RegistryError of a telling kind; making it raises UntrustedCertificateError for an unreadable CA.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials | None = None,
        *,
        limits: Limits | None = None,
        retry: Retry | None = None,
        network: Network | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.features = Features()
        self.limits = limits or Limits()
        self._retry = retry or Retry()
        self.sleep = sleep
        self._transport = Transport(endpoint, self.limits, replacement=network)
        self._authentication = Authentication(credentials, self._fetch_token)
        self._slots = asyncio.Semaphore(self.limits.concurrency)

    @property
    def registry(self) -> str:
        """`host` or `host:port`."""
        return self.endpoint.registry

    async def __aenter__(self) -> Self:
        """Open nothing yet: connections come with the first request."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def send(self, call: Call, max_bytes: int = MAX_JSON_BYTES) -> Answer:
        """Send, retried as needed, and return a 2xx answer with its whole body, of `max_bytes` at most."""
        return await self._retried(call, lambda: self._sent(call, max_bytes))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["RegistrySession"]:
        """Hold one slot for calls that have to follow one another closely: no others of this session come between."""
        async with self._slots:
            one = copy(self)
            one._slots = asyncio.Semaphore(1)  # noqa: SLF001 its own
            yield one

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """Send, retried until an answer begins, and give its head, and its body in pieces; one slot is held."""
        async with self._slots:
            response, url = await self._retried(call, lambda: self._opened(call))
            try:
                yield Answer.of(response, url), self._transport.pieces(response, url, call.what)
            finally:
                response.close()

    def error(self, kind: type[RegistryError], what: str, finding: str, status: int | None = None) -> RegistryError:
        """Make an error that names this registry."""
        return kind(self.registry, what, finding, status=status)

    def resolved(self, base: str, location: str, what: str) -> str:
        """Return where a `Location` or a `Link` of this registry leads, seen from `base`. Raises ProtocolError."""
        try:
            return resolved(base, location, self.endpoint)
        except UnusableRedirectError as error:
            raise self.error(ProtocolError, what, str(error)) from None

    async def _retried(self, call: Call, attempt: Callable[[], Awaitable[_T]]) -> _T:
        number = 1
        while True:
            try:
                return await attempt()
            except _TRANSIENT as error:
                wait_seconds = self._retry.wait_seconds(number, error.wait_seconds)
                lasting = isinstance(error, UntrustedCertificateError) or error.status in _LASTING_SERVER_FAILURES
                if wait_seconds is None or lasting or not call.repeatable:
                    raise
            await self.sleep(wait_seconds)
            number += 1

    async def _sent(self, call: Call, max_bytes: int) -> Answer:
        async with self._slots:
            response, url = await self._opened(call)
            body = await self._body(call, response, url, max_bytes)
        if body is None:
            raise self.error(ProtocolError, call.what, f"the answer is over {max_bytes} bytes, and was not read on")
        return Answer.of(response, url, body)

    async def _opened(self, call: Call) -> tuple[Response, str]:
        """Send once, with the credentials it takes, and raise for anything but 2xx."""
        authorization = await self._authorization(call)
        response, url = await self._followed(call, authorization)
        if response.head.status_code == HTTPStatus.UNAUTHORIZED:
            try:
                better = await self._better_authorization(call, response, authorization)
            except BaseException:
                response.close()
                raise
            if better:
                await self._body(call, response, url, MAX_JSON_BYTES)
                response, url = await self._followed(call, better)
        if response.head.is_success:
            return response, url
        body = await self._body(call, response, url, MAX_JSON_BYTES)
        answer = Answer.of(response, url, body or b"")
        if call.method == "HEAD" and answer.status == HTTPStatus.NOT_FOUND and not is_definite(answer):
            return await self._confirmed(call)
        error = error_of(self.registry, call.method, call.what, answer)
        error.wait_seconds = retry_after_seconds(answer.headers.get("retry-after"), dt.datetime.now(dt.UTC))
        raise error

    async def _confirmed(self, call: Call) -> tuple[Response, str]:
        """Ask again with GET: an answer to HEAD has no body that would show who said 404."""
        response, _ = await self._opened(replace(call, method="GET"))
        response.close()
        raise self.error(ProtocolError, call.what, "it answers 404 to HEAD but not to GET", HTTPStatus.NOT_FOUND)

    async def _followed(self, call: Call, authorization: str | None) -> tuple[Response, str]:
        url = call.path if call.path.startswith("https://") else self.endpoint.base_url + call.path
        for _ in range(MAX_REDIRECTS):
            headers = {"User-Agent": "towpath", "Accept-Encoding": "identity", **call.headers}
            if authorization and self.endpoint.owns(url):
                headers["Authorization"] = authorization
            response = await self._transport.send(call.method, url, headers, call.content, call.what)
            if response.head.status_code not in REDIRECTS:
                return response, url
            await self._body(call, response, url, MAX_JSON_BYTES)
            try:
                url = target(call.method, url, response.head.headers.get("location"), self.endpoint)
            except UnusableRedirectError as error:
                raise self.error(ProtocolError, call.what, str(error), response.head.status_code) from None
        raise self.error(ProtocolError, call.what, f"it redirects more than {MAX_REDIRECTS} times")

    async def _authorization(self, call: Call) -> str | None:
        try:
            return await self._authentication.header(call.scopes)
        except UnusableChallengeError as error:
            raise self.error(UnauthorizedError, call.what, str(error), HTTPStatus.UNAUTHORIZED) from None

    async def _better_authorization(self, call: Call, response: Response, sent: str | None) -> str | None:
        challenges = response.head.headers.each("www-authenticate")
        try:
            return await self._authentication.after_refusal(challenges, call.scopes, sent)
        except UnusableChallengeError as error:
            raise self.error(UnauthorizedError, call.what, str(error), HTTPStatus.UNAUTHORIZED) from None

    async def _fetch_token(self, request: TokenRequest) -> bytes:
        what = "getting an access token"
        response = await self._transport.send(request.method, request.url, request.headers, request.content, what)
        call = Call(request.method, request.url, what)
        body = await self._body(call, response, request.url, MAX_JSON_BYTES)
        if not response.head.is_success:
            answer = Answer.of(response, request.url, body or b"")
            raise error_of(self.registry, request.method, what, answer)
        return body or b""

    async def _body(self, call: Call, response: Response, url: str, max_bytes: int) -> bytes | None:
        try:
            return await bounded_body(self._transport.pieces(response, url, call.what), max_bytes)
        finally:
            response.close()
