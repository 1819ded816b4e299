"""Requests to a registry with next to no client: what the server itself gives."""

import asyncio
import base64
import json
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.oci.media_types import ACCEPT

T = TypeVar("T")
CONNECTIONS = 8
"""As many as Towpath has."""
Ask = Callable[[str, str], Awaitable[str]]
"""Takes a method and a path below /v2/; returns the head of the answer, which has no body."""
_DONE = frozenset({"200", "202"})


class RawRegistry:
    """One registry, whose answers are believed."""

    def __init__(self, server: RegistryServer) -> None:
        """Nothing is asked yet."""
        self._port = server.port
        self._context = ssl.create_default_context(cadata=server.ca_pem)
        secret = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        self._head = f"Host: {server.host}\r\nAuthorization: Basic {secret}\r\nAccept: {ACCEPT}\r\n\r\n"

    async def each(self, items: Iterable[T], work: Callable[[Ask, T], Awaitable[None]]) -> None:
        """Do the work for each item, over connections that stay open. Raises RuntimeError for what is refused."""
        left = list(items)
        await asyncio.gather(*(self._worker(left, work) for _ in range(CONNECTIONS)))

    async def names(self, path: str, key: str) -> list[str]:
        """Return a list of a JSON answer, asked for over a connection of its own."""
        reader, writer = await self._open()
        writer.write(f"GET /v2/{path} HTTP/1.1\r\nConnection: close\r\n{self._head}".encode())
        body = (await reader.read()).partition(b"\r\n\r\n")[2]
        await _close(writer)
        names: list[str] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])[key]
        return names

    async def _worker(self, left: list[T], work: Callable[[Ask, T], Awaitable[None]]) -> None:
        reader, writer = await self._open()

        async def ask(method: str, path: str) -> str:
            writer.write(f"{method} /v2/{path} HTTP/1.1\r\n{self._head}".encode())
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            if answer.split()[1] not in _DONE:
                raise RuntimeError(f"{method} {path}: {answer.splitlines()[0]}")
            return answer

        while left:
            await work(ask, left.pop())
        await _close(writer)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context)


async def digest(ask: Ask, name: str, tag: str) -> str:
    """Ask for a tag's digest."""
    answer = await ask("HEAD", f"{name}/manifests/{tag}")
    return answer.partition("Docker-Content-Digest: ")[2].partition("\r\n")[0]


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()
