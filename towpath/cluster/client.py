"""One API server, asked with credentials, retries and a bound on how much at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote, urlencode

from towpath.cluster.answer import check_status, object_of
from towpath.cluster.errors import (
    ExpiredError,
    RateLimitedError,
    ServerFailedError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.cluster.identity import Identity
from towpath.cluster.transport import Limits, Transport
from towpath.https.message import Answer
from towpath.registry_client.retry import Retry

_TRANSIENT = (RateLimitedError, ServerFailedError, TimedOutError, UnreachableError)
_PAGE = 500
_RESTARTS = 3

FIELD_MANAGER = "towpath"
"""Whose the fields are that we set."""
APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a value; each may be sent twice without harm. `step` names it in errors."""

    method: str
    path: str
    step: str
    query: Mapping[str, str] = field(default_factory=dict)
    content: Any = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"


class ClusterClient:
    """Opened by `ClusterAccess.client`. Every call raises a kind of ClusterError that names server and step."""

    def __init__(
        self,
        server: str,
        identity: Identity,
        transport: Transport,
        limits: Limits,
        retry: Retry,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.server = server
        self.limits = limits
        self._identity = identity
        self._transport = transport
        self._retry = retry
        self._sleep = sleep
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._gone = False

    async def __aenter__(self) -> Self:
        """Open nothing yet: connections come with the first request."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def get(self, path: str, step: str) -> dict[str, Any]:
        """Return one object."""
        return await self.send(Call("GET", path, step))

    async def apply(self, path: str, document: Mapping[str, Any], step: str, *, force: bool = False) -> dict[str, Any]:
        """Apply on the server side: our field manager owns what the document names, and nothing else is touched."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
        return await self.send(Call("PATCH", path, step, query, document, APPLY))

    async def text(self, path: str, step: str, query: Mapping[str, str] | None = None) -> str:
        """Return what is no object but plain text, e.g. a pod's log."""
        call = Call("GET", path, step, query or {}, accept="text/plain, */*")
        return (await self._retried(call)).content.decode(errors="replace")

    async def list(
        self, path: str, step: str, query: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> list[dict[str, Any]]:
        """Return all objects of a collection, read in pages; begun again if the server dropped the rest."""
        for attempt in range(1, _RESTARTS + 1):
            try:
                return [item async for item in self._pages(path, step, query or {}, accept)]
            except ExpiredError:
                if attempt == _RESTARTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def send(self, call: Call) -> dict[str, Any]:
        """Send, retried as needed, and return what was answered."""
        return object_of(self.server, call.step, await self._retried(call))

    async def _retried(self, call: Call) -> Answer:
        number, renewed = 1, False
        while True:
            try:
                answer = await self._sent(call)
            except UnauthorizedError:
                if renewed or not self._identity.renewable:
                    raise
                await asyncio.to_thread(self._identity.renew)
                renewed = True
                continue
            except _TRANSIENT as error:
                wait_seconds = None if self._gone else self._retry.wait_seconds(number, error.wait_seconds)
                if wait_seconds is None or isinstance(error, UntrustedCertificateError):
                    # Who is not there for one is not there for all: the others try once, and do not wait.
                    self._gone = isinstance(error, UnreachableError)
                    raise
            else:
                self._gone = False
                return answer
            await self._sleep(wait_seconds)
            number += 1

    async def _sent(self, call: Call) -> Answer:
        headers = {**self._identity.headers(), "Accept": call.accept}
        content = None
        if call.content is not None:
            headers["Content-Type"] = call.content_type
            content = json.dumps(call.content).encode()
        target = quote(call.path) + (f"?{urlencode(call.query)}" if call.query else "")
        async with self._slots:
            response = await self._transport.send(call.method, target, headers, content, call.step)
        check_status(self.server, call.step, response)
        return response

    async def _pages(
        self, path: str, step: str, query: Mapping[str, str], accept: str
    ) -> AsyncIterator[dict[str, Any]]:
        following = ""
        while True:
            more = {"continue": following} if following else {}
            answer = await self.send(Call("GET", path, step, {"limit": str(_PAGE), **query, **more}, accept=accept))
            for item in answer.get("items") or []:
                yield item
            following = (answer.get("metadata") or {}).get("continue") or ""
            if not following:
                return
