"""What a registry answered, and which error it is where it was not 2xx."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from towpath.https.connections import Response
from towpath.https.message import Headers
from towpath.registry_client.errors import (
    Complaint,
    DeleteDisabledError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    ReadOnlyError,
    RefusedError,
    RegistryError,
    ServerFailedError,
    UnauthorizedError,
)

MAX_JSON_BYTES = 8 * 1024 * 1024
_API_VERSION = "docker-distribution-api-version"

_FINDINGS: dict[int, tuple[type[RegistryError], str]] = {
    HTTPStatus.UNAUTHORIZED: (
        UnauthorizedError,
        "401, the credentials are missing or wrong; check user name and password",
    ),
    HTTPStatus.FORBIDDEN: (ForbiddenError, "403, this account may not do that; use one that may"),
    HTTPStatus.TOO_MANY_REQUESTS: (RateLimitedError, "429, it asks for fewer requests; wait, or lower the concurrency"),
}
_NOT_FOUND: dict[bool, tuple[type[RegistryError], str]] = {
    True: (NotFoundError, "404, there is no such thing"),
    False: (ProtocolError, "404, but not from a registry; check the address and what stands before it"),
}
_NOT_ALLOWED: dict[bool, tuple[type[RegistryError], str]] = {
    True: (DeleteDisabledError, "405, deletion is disabled; set storage.delete.enabled in the registry's config"),
    False: (ReadOnlyError, "405, it takes no writes now; it is in read-only mode or a pull-through cache"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's head, and its body where that was read. `url` is where it came from, for relative links."""

    status: int
    headers: Headers
    url: str
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, response: Response, url: str, body: bytes = b"") -> Self:
        """Take over what outlives the response."""
        return cls(response.head.status_code, response.head.headers, url, body)

    def json(self, what: str, registry: str) -> Mapping[str, Any]:
        """Return the body as a JSON object. Raises ProtocolError."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise ProtocolError(registry, what, "the answer is no JSON object; something in between may have answered")
        return document


async def bounded_body(pieces: AsyncIterator[bytes], max_bytes: int) -> bytes | None:
    """Read a body to its end; None once it is over `max_bytes`."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > max_bytes:
            return None
    return bytes(body)


def is_definite(answer: Answer) -> bool:
    """Whether a registry gave this answer, and not a proxy or a web server in front of it."""
    return _API_VERSION in answer.headers or bool(_complaints(answer.body))


def error_of(registry: str, method: str, what: str, answer: Answer) -> RegistryError:
    """Return the error for an answer that is not 2xx."""
    kind, finding = _kind_and_finding(method, answer)
    return kind(registry, what, finding, status=answer.status, complaints=_complaints(answer.body))


def _kind_and_finding(method: str, answer: Answer) -> tuple[type[RegistryError], str]:
    status = answer.status
    if status == HTTPStatus.NOT_FOUND:
        return _NOT_FOUND[is_definite(answer)]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return _NOT_ALLOWED[method == "DELETE"]
    if status in _FINDINGS:
        return _FINDINGS[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailedError, f"{status}, the registry failed; see its log"
    if status >= HTTPStatus.BAD_REQUEST:
        return RefusedError, f"{status}, the registry does not accept this"
    return ProtocolError, f"{status} is no answer to this"


def _complaints(body: bytes) -> tuple[Complaint, ...]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    entries = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return ()
    texts = [
        (str(entry.get("code") or ""), str(entry.get("message") or "")) for entry in entries if isinstance(entry, dict)
    ]
    return tuple(Complaint(code, message) for code, message in texts if code)
