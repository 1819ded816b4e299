"""Two who have no state and no engine: a watch-based replicator's way, and the bare requests.

`replicator` does what mittwald/kubernetes-replicator does when a source secret with `replicate-to-matching` changes:
list the namespaces that match, look each secret up in a cache that a list of all secrets filled, and create or update
one after the other. It is spared what the original has: client-go's default limit of 5 requests a second.

`raw` is what the API server gives: one plain create or replace a namespace over a few connections, nothing compared.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from bench.pull_secrets.site import LABEL, SECRET, Site, content
from towpath.cluster.client import Call
from towpath.cluster.identity import Identity
from towpath.cluster.kubeconfig import read_context
from towpath.cluster.transport import Limits
from towpath.pull_secrets.manifests import pull_secret

CONNECTIONS = 16

Write = tuple[str, str, dict[str, Any]]
"""Method, path, object."""


class Replicator:
    """Copies one source secret into every namespace that matches."""

    name = "replicator"

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves."""
        return self._site.names

    def prepare(self, password: str) -> None:
        """Take the source's content down."""
        self._content = content(password)

    def apply(self) -> None:
        """Copy."""
        if not asyncio.run(self._run()):
            raise RuntimeError("the replicator had nothing to write")

    def look(self) -> None:
        """Fill the cache again, as at a start, and find everything equal."""
        if written := asyncio.run(self._run()):
            raise RuntimeError(f"the replicator wrote {written} secrets again")

    def undo(self) -> None:
        """Nothing is kept."""

    async def _run(self) -> int:
        written = 0
        async with self._site.access.client(Limits(concurrency=1)) as client:
            found = await client.list("/api/v1/secrets", "filling the cache")
            cache = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}
            matching = await client.list("/api/v1/namespaces", "listing", {"labelSelector": f"{LABEL}=yes"})
            for name in (each["metadata"]["name"] for each in matching):
                wanted = pull_secret(SECRET, name, "bench", self._content)
                held = cache.get((name, SECRET))
                if held and held["data"] == wanted["data"]:
                    continue
                path = f"/api/v1/namespaces/{name}/secrets"
                method, path = ("PUT", f"{path}/{SECRET}") if held else ("POST", path)
                await client.send(Call(method, path, "copying", content=wanted))
                written += 1
        return written


class Raw:
    """Sends one request a namespace."""

    name = "raw"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._context = read_context(site.access.kubeconfig, None)
        self._identity = Identity(self._context, {})
        self._made = False

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves."""
        return self._site.names

    def prepare(self, password: str) -> None:
        """Make the objects ready."""
        wanted = {name: pull_secret(SECRET, name, "bench", content(password)) for name in self.served}
        places = {name: f"/api/v1/namespaces/{name}/secrets" for name in self.served}
        if self._made:
            self._writes = [("PUT", f"{places[name]}/{SECRET}", each) for name, each in wanted.items()]
        else:
            self._writes = [("POST", places[name], each) for name, each in wanted.items()]

    def apply(self) -> None:
        """Create or replace."""
        asyncio.run(self._send(self._writes))
        self._made = True

    def look(self) -> None:
        """List the secrets once, which is the least that a look can be."""
        path = f"/api/v1/secrets?fieldSelector=metadata.name%3D{SECRET}&limit=5000"
        asyncio.run(self._send([("GET", path, {})]))

    def undo(self) -> None:
        """Begin anew."""
        self._made = False

    async def _send(self, writes: Iterable[Write]) -> None:
        waiting = list(writes)
        host, _, port = self._context.server.removeprefix("https://").partition(":")
        lines = [f"{name}: {value}" for name, value in self._identity.headers().items()]
        head = "\r\n".join([f"Host: {host}:{port}", "Content-Type: application/json", *lines])

        async def worker() -> None:
            reader, writer = await asyncio.open_connection(host, int(port), ssl=self._identity.tls)
            while waiting:
                method, path, document = waiting.pop()
                body = json.dumps(document).encode()
                writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await _answer(reader, method, path)
            writer.close()
            await writer.wait_closed()

        await asyncio.gather(*(worker() for _ in range(min(CONNECTIONS, len(waiting)))))


async def _answer(reader: asyncio.StreamReader, method: str, path: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if head.split()[1] not in ("200", "201"):
        raise RuntimeError(f"{method} {path}: {head.splitlines()[0]}")
    length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
    if length:
        await reader.readexactly(int(length))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
