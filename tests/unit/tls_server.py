"""A server of a test's own, with TLS, that says what its script says whatever it is asked."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.unit.self_signed import certificate_for
from tests.unit.tcp_listener import ADDRESS, Serving, tcp_listener
from towpath.cluster.access import ClusterAccess

CLOSE = b""
"""Instead of an answer: cut the connection."""


@dataclass
class TlsServer:
    """`answer` is given a whole request; it returns what is sent, CLOSE, or None to keep silent."""

    answer: Callable[[bytes], bytes | None]
    port: int = 0
    certificate: str = ""
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    lines: list[asyncio.StreamWriter] = field(default_factory=list)

    def access(self, **cluster: str) -> ClusterAccess:
        """Return the way to it; `cluster` are more keys of the kubeconfig's cluster."""
        ca = base64.b64encode(self.certificate.encode()).decode()
        place = {"server": f"https://{ADDRESS}:{self.port}", "certificate-authority-data": ca, **cluster}
        document = {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test"}}],
            "clusters": [{"name": "test", "cluster": place}],
        }
        return ClusterAccess(yaml.safe_dump(document))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self.connections += 1
        self.lines.append(writer)
        while request := await _request(reader):
            self.requests.append(request)
            self.asked.set()
            said = self.answer(request)
            if said == CLOSE:
                break
            writer.write(said or b"")
        writer.transport.abort()


def server_tls(folder: Path) -> ssl.SSLContext:
    """Return what a server, or a proxy in front of it, shows: the certificate of the server of this folder."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "server.pem")
    return tls


@asynccontextmanager
async def tls_server(folder: Path, answer: Callable[[bytes], bytes | None]) -> AsyncIterator[TlsServer]:
    """Run it."""
    server = TlsServer(answer)
    async with listening(folder, server.serve) as (server.port, server.certificate):
        yield server


@asynccontextmanager
async def listening(folder: Path, serve: Serving) -> AsyncIterator[tuple[int, str]]:
    """Answer connections with TLS; gives the port, and the certificate that is shown."""
    certificate, key = certificate_for(ADDRESS)
    (folder / "server.pem").write_text(certificate + key)
    async with tcp_listener(serve, server_tls(folder)) as port:
        yield port, certificate


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        size = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
        return head + await reader.readexactly(int(size or 0))
    except (asyncio.IncompleteReadError, OSError):
        return b""


def ok(body: bytes = b"{}", *headers: bytes) -> bytes:
    """Return an answer."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body])
