"""Long bodies both ways: nothing is held in memory, and no connection is used again that carried half of one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.unit.tcp_listener import ADDRESS, Serving
from tests.unit.tls_server import listening, ok
from towpath.https.connection import Dial
from towpath.https.connections import Connections, Response
from towpath.https.message import Request

BLOCK = b"x" * 65536
BLOCKS = 512
LONG_BYTES = len(BLOCK) * BLOCKS
LONG_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONG_BYTES
HELD_BYTES = 12 * 1024 * 1024
"""What kernel, TLS and connection may hold of a body that nobody takes, on both sides: far from all of it."""


class Server:
    """Counts its connections, and what a long answer could be rid of."""

    def __init__(self, serve: Serving) -> None:
        self._serve = serve
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await self._serve(reader, writer)


@asynccontextmanager
async def asked(folder: Path, serve: Serving, idle_seconds: float = 10.0) -> AsyncIterator[tuple[Connections, Server]]:
    server = Server(serve)
    async with listening(folder, server.serve) as (port, certificate):
        tls = ssl.create_default_context(cadata=certificate)
        connections = Connections(Dial(ADDRESS, port, ADDRESS, tls, 5.0, idle_seconds))
        try:
            yield connections, server
        finally:
            await connections.aclose()


def get() -> Request:
    return Request("GET", "/", {"Host": ADDRESS})


def put(content: bytes) -> Request:
    return Request("PUT", "/", {"Host": ADDRESS}, content)


async def take(response: Response, taken: bytearray) -> None:
    async for piece in response.pieces():
        taken += piece


async def test_a_server_waits_with_a_long_answer_until_it_is_taken(tmp_path: Path) -> None:
    sent = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(LONG_HEAD)
        for _number in range(BLOCKS):
            writer.write(BLOCK)
            await writer.drain()
            sent += len(BLOCK)

    async with asked(tmp_path, serve) as (connections, server):
        for _ in range(2):  # a connection that had to wait is as good as any other
            sent = 0
            response = await connections.open(get())
            await asyncio.sleep(0.3)
            assert sent < HELD_BYTES
            assert sum([len(piece) async for piece in response.pieces()]) == LONG_BYTES
            response.close()
        assert server.connections == 1


async def test_a_long_content_arrives_whole(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    found = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.append(await reader.readexactly(len(content)))
        writer.write(ok())

    async with asked(tmp_path, serve) as (connections, server):
        for _ in range(2):
            assert (await connections.ask(put(content))).status_code == 200
        assert server.connections == 1
    assert found == [content, content]


async def test_an_answer_before_the_content_is_sent_ends_the_sending(tmp_path: Path) -> None:
    """And the connection, on which the server may still wait for the rest."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await reader.readexactly(1)
        await asyncio.Event().wait()

    async with asked(tmp_path, serve) as (connections, server):
        for _ in range(2):
            assert (await connections.ask(put(BLOCK * BLOCKS))).status_code == 413
        assert server.connections == 2


async def test_a_server_that_takes_nothing_of_a_long_content_is_given_up(tmp_path: Path) -> None:
    async def serve(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with asked(tmp_path, serve, idle_seconds=0.3) as (connections, _):
        with pytest.raises(TimeoutError):
            await connections.ask(put(BLOCK * BLOCKS))


async def test_silence_in_a_body_is_given_up_and_slowness_is_not(tmp_path: Path) -> None:
    pauses = [0.2, 0.2, 0.2, 60]

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        for pause in pauses:
            writer.write(b"x")
            await asyncio.sleep(pause)

    async with asked(tmp_path, serve, idle_seconds=0.5) as (connections, _):
        response = await connections.open(get())
        taken = bytearray()
        with pytest.raises(TimeoutError):
            await take(response, taken)
        assert taken == b"xxxx"


async def test_a_body_that_breaks_off_is_an_error_after_what_came(tmp_path: Path) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
        await writer.drain()
        raise ConnectionAbortedError

    async with asked(tmp_path, serve) as (connections, _):
        response = await connections.open(get())
        taken = bytearray()
        with pytest.raises(ConnectionResetError):
            await take(response, taken)
        assert bytes(taken) in (b"hello", b"")  # a reset may overtake what was sent before it


@pytest.mark.parametrize("taken", [0, 1])
async def test_a_connection_with_half_an_answer_is_not_asked_again(tmp_path: Path, taken: int) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(LONG_HEAD)
        for _number in range(BLOCKS):
            writer.write(BLOCK)
            await writer.drain()

    async with asked(tmp_path, serve) as (connections, server):
        for _ in range(2):
            response = await connections.open(get())
            pieces = response.pieces()
            for _ in range(taken):
                assert (await anext(pieces)).startswith(b"x")
            response.close()
        assert server.connections == 2


async def test_who_leaves_a_body_late_does_not_harm_who_came_after(tmp_path: Path) -> None:
    """A generator that is left behind at its last piece ends when it is collected, long after the next request."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(b"hello"))

    async with asked(tmp_path, serve) as (connections, server):
        first = await connections.open(get())
        left_behind = first.pieces()
        assert await anext(left_behind) == b"hello"
        first.close()
        second = await connections.open(get())
        await left_behind.aclose()  # type: ignore[attr-defined]  # it is a generator
        assert b"".join([piece async for piece in second.pieces()]) == b"hello"
        second.close()
        assert server.connections == 1


async def test_the_certificate_that_was_shown_can_be_looked_at(tmp_path: Path) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok())

    async with asked(tmp_path, serve) as (connections, _):
        response = await connections.open(get())
        shown = response.certificate
        response.close()
    assert shown
    assert ssl.DER_cert_to_PEM_cert(shown) in (tmp_path / "server.pem").read_text()
