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
Ask = Callable[[str, str], Awaitable[tuple[str, bytes]]]
"""Takes a method and a path below /v2/; returns the head and the body of the answer."""
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

    async def _worker(self, left: list[T], work: Callable[[Ask, T], Awaitable[None]]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context)

        async def ask(method: str, path: str) -> tuple[str, bytes]:
            writer.write(f"{method} /v2/{path} HTTP/1.1\r\n{self._head}".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.split()[1] not in _DONE:
                raise RuntimeError(f"{method} {path}: {head.splitlines()[0]}")
            return head, b"" if method == "HEAD" else await _body(reader, head)

        while left:
            await work(ask, left.pop())
        writer.close()
        await writer.wait_closed()


async def digest(ask: Ask, name: str, tag: str) -> str:
    """Ask for a tag's digest."""
    head, _ = await ask("HEAD", f"{name}/manifests/{tag}")
    return _field(head, "Docker-Content-Digest")


async def names(ask: Ask, path: str, key: str) -> list[str]:
    """Ask for a list under a key of a JSON answer."""
    found: list[str] = json.loads((await ask("GET", path))[1])[key]
    return found


async def _body(reader: asyncio.StreamReader, head: str) -> bytes:
    if _field(head, "Transfer-Encoding") != "chunked":
        return await reader.readexactly(int(_field(head, "Content-Length") or 0))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


def _field(head: str, name: str) -> str:
    return head.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]
