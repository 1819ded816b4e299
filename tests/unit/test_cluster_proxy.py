"""The way to an API server through a proxy that the kubeconfig names."""

import asyncio
import base64
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.tcp_listener import ADDRESS, tcp_listener
from tests.unit.tls_server import ok, server_tls, tls_server
from towpath.cluster.errors import ProtocolError, TimedOutError, UnreachableError, UntrustedCertificateError
from towpath.cluster.transport import Limits
from towpath.registry_client.retry import Retry

ONCE = Retry(attempts=1)
QUICK = Limits(connect_seconds=2, idle_seconds=2)
IMPATIENT = Limits(connect_seconds=0.7, idle_seconds=0.7)
PATIENCE_SECONDS = 10


@dataclass
class ConnectProxy:
    """A proxy that knows CONNECT, and what it was sent."""

    answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n"
    then: str = "lead"
    """What it does once it has let somebody through."""
    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        if self.then != "lead":
            await self._mislead(reader, writer)
        elif b" 20" in self.answer:
            host, _, port = self.heads[-1].split()[1].decode().partition(":")
            there = await asyncio.open_connection(host, int(port))
            try:
                await asyncio.gather(_pass(reader, there[1]), _pass(there[0], writer))
            finally:
                there[1].transport.abort()
        writer.close()

    async def _mislead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.then == "junk":
            writer.write(b"junk!")
        if self.then in ("junk", "silence"):
            with suppress(ConnectionError):
                while await reader.read(65536):
                    pass
        if self.then == "reset":
            await reader.read(1)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
    writer.close()


@asynccontextmanager
async def running(proxy: ConnectProxy, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    async with tcp_listener(proxy.serve, tls) as proxy.port:
        yield


async def test_a_proxy_of_the_kubeconfig_leads_to_the_server(tmp_path: Path) -> None:
    proxy = ConnectProxy()
    async with tls_server(tmp_path, lambda _: ok(b'{"a": 1}')) as server, running(proxy):
        access = server.access(**{"proxy-url": f"http://{ADDRESS}:{proxy.port}"})
        async with access.client(QUICK, ONCE) as client:
            for _ in range(3):
                assert await client.get("/version", "asking") == {"a": 1}
    place = b"%s:%d" % (ADDRESS.encode(), server.port)
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n" % (place, place))
    assert b"Proxy-Authorization" not in head
    assert b"\r\nHost: %s\r\n" % place in server.requests[0]


async def test_a_proxy_is_told_who_we_are_and_the_server_is_not(tmp_path: Path) -> None:
    proxy = ConnectProxy()
    async with tls_server(tmp_path, lambda _: ok()) as server, running(proxy):
        access = server.access(**{"proxy-url": f"http://us%40er:pass%3Aword@{ADDRESS}:{proxy.port}"})
        async with access.client(QUICK, ONCE) as client:
            await client.get("/version", "asking")
    basic = base64.b64encode(b"us@er:pass:word")
    assert b"\r\nProxy-Authorization: Basic %s\r\n" % basic in proxy.heads[0]
    assert b"Proxy-Authorization" not in server.requests[0]


async def test_a_proxy_may_itself_be_behind_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = ConnectProxy()
    async with tls_server(tmp_path, lambda _: ok(b'{"a": 1}')) as server:
        tls = server_tls(tmp_path)
        async with running(proxy, tls):
            access = server.access(**{"proxy-url": f"https://{ADDRESS}:{proxy.port}"})
            async with access.client(QUICK, ONCE) as client:
                with pytest.raises(UntrustedCertificateError):
                    await client.get("/version", "asking")
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
            async with access.client(QUICK, ONCE) as client:
                assert await client.get("/version", "asking") == {"a": 1}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("then", ["silence", "junk", "close", "reset"])
async def test_a_proxy_that_leads_nowhere_ends_in_time_with_an_error_that_names_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, then: str
) -> None:
    proxy = ConnectProxy(then=then)
    async with tls_server(tmp_path, lambda _: ok()) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        tls = server_tls(tmp_path)
        async with running(proxy, tls if scheme == "https" else None), asyncio.timeout(PATIENCE_SECONDS):
            access = server.access(**{"proxy-url": f"{scheme}://{ADDRESS}:{proxy.port}"})
            async with access.client(IMPATIENT, ONCE) as client:
                with pytest.raises((UnreachableError, TimedOutError), match=str(server.port)) as failure:
                    await client.get("/version", "asking")
    assert (failure.type is TimedOutError) or then != "silence"
    assert server.requests == []


async def test_the_server_is_verified_behind_a_proxy_that_is_behind_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = ConnectProxy()
    async with tls_server(tmp_path, lambda _: ok()) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        tls = server_tls(tmp_path)
        async with running(proxy, tls):
            names = {"proxy-url": f"https://{ADDRESS}:{proxy.port}", "tls-server-name": "elsewhere"}
            async with server.access(**names).client(QUICK, ONCE) as client:
                with pytest.raises(UntrustedCertificateError):
                    await client.get("/version", "asking")
    assert server.requests == []


@pytest.mark.parametrize("status", [b"403 Forbidden", b"407 Proxy Authentication Required", b"503 Unavailable"])
async def test_a_proxy_that_refuses_is_named_as_the_reason(tmp_path: Path, status: bytes) -> None:
    proxy = ConnectProxy(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\nsorry")
    async with tls_server(tmp_path, lambda _: ok()) as server, running(proxy):
        access = server.access(**{"proxy-url": f"http://user:pass-word@{ADDRESS}:{proxy.port}"})
        async with access.client(QUICK, ONCE) as client:
            with pytest.raises(UnreachableError, match="proxy did not let the connection through") as failure:
                await client.get("/version", "asking")
    assert "pass-word" not in str(failure.value)
    assert server.requests == []


async def test_the_server_is_verified_behind_a_proxy_too(tmp_path: Path) -> None:
    proxy = ConnectProxy()
    async with tls_server(tmp_path, lambda _: ok()) as server, running(proxy):
        access = server.access(**{"proxy-url": f"http://{ADDRESS}:{proxy.port}", "tls-server-name": "elsewhere"})
        async with access.client(QUICK, ONCE) as client:
            with pytest.raises(UntrustedCertificateError, match="elsewhere"):
                await client.get("/version", "asking")
    assert server.requests == []


@pytest.mark.parametrize("url", ["socks5://user:pass-word@proxy:1080", "http://user:pass-word@proxy:port", "http://"])
async def test_a_proxy_of_another_kind_is_refused_at_once(tmp_path: Path, url: str) -> None:
    async with (
        tls_server(tmp_path, lambda _: ok()) as server,
        server.access(**{"proxy-url": url}).client(QUICK) as client,
    ):
        with pytest.raises(ProtocolError, match="http://HOST:PORT") as failure:
            await client.get("/version", "asking")
    assert "pass-word" not in str(failure.value)
    assert server.requests == []
