"""A real API server without nodes, for tests of what the product does in a cluster, and a bad connection to it."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from towpath.cluster.access import ClusterAccess
from towpath.cluster.identity import Identity
from towpath.cluster.kubeconfig import read_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from lab.cluster.local_control_plane import ControlPlane


@dataclass
class ApiServer:
    """The session's API server."""

    control_plane: ControlPlane

    @property
    def kubeconfig(self) -> str:
        return self.control_plane.kubeconfig.read_text()

    @property
    def access(self) -> ClusterAccess:
        return ClusterAccess(self.kubeconfig)

    def kubectl(self, *arguments: str, stdin: bytes | None = None) -> str:
        return self.control_plane.kubectl(*arguments, stdin=stdin)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output", "json"))
        return found

    def create(self, namespace: str, document: dict[str, Any]) -> None:
        self.kubectl("--namespace", namespace, "create", "--filename", "-", stdin=json.dumps(document).encode())

    @contextmanager
    def namespaces(self, *suffixes: str, labels: dict[str, str] | None = None) -> Iterator[list[str]]:
        """Make namespaces with names of their own, which end so, and delete them."""
        prefix = f"b-{uuid.uuid4().hex[:8]}"
        names = [f"{prefix}-{suffix}" for suffix in suffixes]
        for name in names:
            self.kubectl("create", "namespace", name)
            if labels:
                self.kubectl("label", "namespace", name, *(f"{key}={value}" for key, value in labels.items()))
        for name in names:
            self.kubectl("--namespace", name, "wait", "--for=create", "serviceaccount/default", "--timeout=180s")
        try:
            yield names
        finally:
            self.kubectl("delete", "namespace", *names, "--ignore-not-found", "--wait=false")

    def user(self, name: str) -> ClusterAccess:
        """Return the access of somebody without rights of their own: the administrator, impersonating them."""
        document = yaml.safe_load(self.kubeconfig)
        document["users"][0]["user"]["as"] = name
        return ClusterAccess(yaml.safe_dump(document))

    def at(self, port: int) -> ClusterAccess:
        """Return the access through another port of this machine."""
        document = yaml.safe_load(self.kubeconfig)
        document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        return ClusterAccess(yaml.safe_dump(document))


@asynccontextmanager
async def misbehaving(server: ApiServer, decide: Callable[[str, str], bytes | None]) -> AsyncIterator[ClusterAccess]:
    """Stand in front of the API server, with its own certificate, and answer some requests in its place.

    `decide` is given method and path of a request: it returns a whole HTTP answer, b"" to cut the line, None to pass.
    """
    pki = server.control_plane.folder / "pki"
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pki / "apiserver.pem", pki / "apiserver-key.pem")
    document = yaml.safe_load(server.kubeconfig)
    real = document["clusters"][0]["cluster"]["server"].rpartition(":")[2]
    upstream_tls = _client_tls(server)
    answering: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        upstream = await asyncio.open_connection("127.0.0.1", int(real), ssl=upstream_tls)
        try:
            while head := await _head(reader):
                body = await reader.readexactly(_length(head))
                method, path, _ = head.split(b"\r\n")[0].decode().split(" ", 2)
                instead = decide(method, path)
                if instead == b"":
                    return
                if instead is None:
                    upstream[1].write(head.replace(b"\r\n", b"\r\nConnection: keep-alive\r\n", 1) + body)
                    instead = await _answer(upstream[0])
                writer.write(instead)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await _closed(upstream[1])
            await _closed(writer)
            answering.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.at(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        unfinished = list(answering)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


def status_answer(code: int, *headers: str) -> bytes:
    """Return an HTTP answer with a `Status`."""
    body = json.dumps({"kind": "Status", "status": "Failure", "code": code, "message": "as the test wants it"}).encode()
    lines = [f"HTTP/1.1 {code} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close without the farewell of TLS, which the other side may never answer."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def _client_tls(server: ApiServer) -> ssl.SSLContext:
    return Identity(read_context(server.kubeconfig), {}).tls


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _header(head: bytes, name: bytes) -> bytes:
    return next((line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(name)), b"")


def _length(head: bytes) -> int:
    return int(_header(head, b"content-length") or 0)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if _header(head, b"transfer-encoding") != b"chunked":
        return head + await reader.readexactly(_length(head))
    whole = head
    while True:
        size = await reader.readuntil(b"\r\n")
        whole += size + await reader.readexactly(int(size, 16) + 2)
        if int(size, 16) == 0:
            return whole
