"""Requests to an API server, repeated where that is safe and helps, with refusals as `ApiError`."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from engine.plugins.kubernetes.errors import ApiError, ConnectionLostError
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.transport import CONNECTIONS

_TOO_MANY: Final = 429
_UNAVAILABLE: Final = frozenset({500, 502, 503, 504})
_ATTEMPTS: Final = 7
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 30.0
_FAILED: Final = 400


def pause_before_retry(attempt: int, status: int | None, retry_after: str = "") -> float | None:
    """Return the seconds to wait before the next attempt, ``None`` to give up.

    Args:
        attempt: how many were made.
        status: the answer's HTTP status; ``None`` if there was no answer.
        retry_after: the answer's header, in seconds.

    """
    repeatable = status is None or status == _TOO_MANY or status in _UNAVAILABLE
    if not repeatable or attempt >= _ATTEMPTS:
        return None
    backoff = _FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1)
    asked = float(retry_after) if retry_after.isdecimal() else 0.0
    return min(max(backoff, asked), _LONGEST_PAUSE_SECONDS)


class ApiClient:
    """Sends requests. Safe to use from many threads; at most `CONNECTIONS` requests are under way.

    Args:
        http: the connection's client.
        cancelled: set when nothing more shall be repeated.

    """

    def __init__(self, http: httpx.Client, cancelled: threading.Event) -> None:
        self._http = http
        self._cancelled = cancelled
        # The library looks through all waiting requests whenever one is done: let few wait there.
        self._seats = threading.Semaphore(CONNECTIONS)

    @property
    def server(self) -> str:
        """The server's address."""
        return str(self._http.base_url).rstrip("/")

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,  # noqa: ANN401 - an object or a list of patches
        content_type: str = "application/json",
        warn: Callable[[str], None] | None = None,
    ) -> KubeObject:
        """Send one request and return the answer.

        Args:
            method: of HTTP.
            path: below the server's address.
            params: the query.
            body: becomes JSON; ``None`` for none.
            content_type: of the body.
            warn: gets each warning that comes with the answer.

        Raises:
            ApiError: the server refused it.
            ConnectionLostError: there was no answer, several times.

        """
        headers = {"Content-Type": content_type} if body is not None else {}
        message = self._http.build_request(method, path, params=params, headers=headers, content=_encode(body))
        response = self._send(message)
        if warn:
            for warning in response.headers.get_list("warning"):
                warn(_warning_text(warning))
        if response.status_code >= _FAILED:
            raise _refusal(response)
        answer: KubeObject = response.json()
        return answer

    def _send(self, message: httpx.Request) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            response, failure = self._attempt(message)
            status = response.status_code if response is not None else None
            retry_after = response.headers.get("retry-after", "") if response is not None else ""
            pause = pause_before_retry(attempt, status, retry_after)
            if pause is None or self._cancelled.wait(pause):
                break
        if response is None:
            text = f"the API server at {self.server} does not answer: {_cause(failure)} ({attempt} attempts)"
            raise ConnectionLostError(text)
        return response

    def _attempt(self, message: httpx.Request) -> tuple[httpx.Response | None, Exception | None]:
        try:
            with self._seats:
                return self._http.send(message), None
        except httpx.TransportError as error:
            return None, error


def probe(http: httpx.Client) -> KubeObject:
    """Ask for the server's version, once: whether it can be reached.

    Raises:
        ApiError: it answers, but refuses.
        ConnectionLostError: it does not answer.

    """
    try:
        response = http.get("/version")
    except httpx.TransportError as error:
        text = f"the API server at {str(http.base_url).rstrip('/')} does not answer: {_cause(error)}"
        raise ConnectionLostError(text) from None
    if response.status_code >= _FAILED:
        raise _refusal(response)
    answer: KubeObject = response.json()
    return answer


def _encode(body: Any) -> bytes | None:  # noqa: ANN401
    return None if body is None else json.dumps(body, separators=(",", ":")).encode()


def _cause(error: Exception | None) -> str:
    """Say why there is no connection; the library's own text names neither credentials nor paths."""
    return str(error) or type(error).__name__


def _refusal(response: httpx.Response) -> ApiError:
    try:
        status = response.json()
        message, reason, details = status["message"], status.get("reason", ""), status.get("details")
    except (ValueError, KeyError, TypeError):
        message, reason, details = f"HTTP status {response.status_code}", "", None
    return ApiError(response.status_code, str(message), str(reason), details)


def _warning_text(header: str) -> str:
    """Take the text out of a warning: ``299 - "text"`` (RFC 7234, section 5.5)."""
    _, _, text = header.partition('"')
    return text.removesuffix('"').replace('\\"', '"') or header
