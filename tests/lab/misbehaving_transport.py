"""A real registry with something in between that goes wrong: on requests that match, an answer of the test's own."""

import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from tests.unit.replaced_network import ReplacedNetwork
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import RegistrySession

Answering = Callable[[httpx.Request], Awaitable[httpx.Response | None]]
"""Answers, raises as a broken network does, or returns None to let the request through."""


@dataclass
class Misbehaving(httpx.AsyncBaseTransport):
    """Lets requests through, but for those whose `METHOD path` matches `pattern` after the first `after` of them."""

    server: RegistryServer
    pattern: str = "never"
    answer: Answering | None = None
    after: int = 0
    met: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Trust the server."""
        context = ssl.create_default_context(cadata=self.server.ca_pem)
        self._inner = httpx.AsyncHTTPTransport(verify=context, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        asked = f"{request.method} {request.url.raw_path.decode()}"
        if self.answer and re.search(self.pattern, asked):
            self.met.append(asked)
            if len(self.met) > self.after:
                given = await self.answer(request)
                if given is not None:
                    return given
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._inner.aclose()

    def session(self) -> RegistrySession:
        """Open a session through it that hardly waits."""
        retry = Retry(attempts=2, first_wait_seconds=0.01)
        endpoint = Endpoint(self.server.host, ca_pem=self.server.ca_pem)
        return RegistrySession(endpoint, Credentials(ACCOUNT, PASSWORD), retry=retry, network=ReplacedNetwork(self))


def refuse(status: int, code: str = "DENIED") -> Answering:
    """Answer as a registry that refuses."""

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"errors": [{"code": code, "message": "the test says so"}]})

    return answer


async def time_out(request: httpx.Request) -> httpx.Response:
    """Say nothing."""
    raise httpx.ReadTimeout("no answer", request=request)


async def break_off(request: httpx.Request) -> httpx.Response:
    """Hang up."""
    raise httpx.ReadError("hung up", request=request)


async def web_server_404(_: httpx.Request) -> httpx.Response:
    """Answer 404 as something that is no registry."""
    return httpx.Response(404, text="<h1>Not Found</h1>")
