"""A registry that answers by a script: for what no real one does when asked to."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import httpx

from tests.unit.replaced_network import ReplacedNetwork
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits

REGISTRY = "registry.test:6000"
BASE = f"https://{REGISTRY}"
VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}

Answering = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Cut(httpx.AsyncByteStream):
    """A body that breaks off after its pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        raise httpx.ReadError("connection reset")


@dataclass
class Script(httpx.AsyncBaseTransport):
    """Answers each `METHOD url` with the next of its answers; what is not expected fails the test."""

    answers: dict[str, list[Answering]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    otherwise: Callable[[httpx.Request], httpx.Response] | None = None

    def on(self, method: str, path: str, *answers: Answering) -> "Script":
        """Add answers for one method and path (or whole URL)."""
        url = path if path.startswith("https://") else BASE + path
        self.answers.setdefault(f"{method} {url}", []).extend(answers)
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        await request.aread()
        self.requests.append(request)
        key = f"{request.method} {request.url}"
        if self.otherwise and not self.answers.get(key):
            return self.otherwise(request)
        assert self.answers.get(key), f"unexpected {key}"
        answer = self.answers[key].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def session(
        self, credentials: Credentials | None = None, retry: Retry | None = None, limits: Limits | None = None
    ) -> RegistrySession:
        """Open a session that talks to the script and never really waits."""

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return RegistrySession(
            Endpoint(REGISTRY), credentials, network=ReplacedNetwork(self), sleep=sleep, retry=retry, limits=limits
        )

    @property
    def asked(self) -> list[str]:
        """What was asked, as `METHOD path`, in order."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]


def refusal(status: int, code: str = "UNKNOWN", headers: Iterable[tuple[str, str]] = ()) -> httpx.Response:
    """Return an error as a registry writes it."""
    body = {"errors": [{"code": code, "message": f"{code.lower()} it is"}]}
    return httpx.Response(status, json=body, headers=[*VERSION.items(), *headers])
