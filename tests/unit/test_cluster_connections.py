"""What is between a client and its API server: connections that are kept, that end, that keep silent."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.tcp_listener import ADDRESS, tcp_listener
from tests.unit.tls_server import CLOSE, TlsServer, ok, tls_server
from towpath.cluster.client import ClusterClient
from towpath.cluster.errors import ProtocolError, TimedOutError, UnreachableError, UntrustedCertificateError
from towpath.cluster.transport import Limits
from towpath.registry_client.retry import Retry

ONCE = Retry(attempts=1)
TWICE = Retry(attempts=2, first_wait_seconds=0.01)
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\n{}"
QUICK = Limits(connect_seconds=0.3, idle_seconds=0.3)
PATIENCE_SECONDS = 3


async def get(client: ClusterClient, path: str = "/version") -> dict[str, object]:
    return await client.get(path, "asking")


def first_then(first: bytes | None, then: bytes) -> Callable[[bytes], bytes | None]:
    answers = [first]
    return lambda _: answers.pop() if answers else then


async def test_one_connection_carries_requests_that_come_one_after_the_other(tmp_path: Path) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server, server.access().client(retry=ONCE) as client:
        for _ in range(5):
            assert await get(client) == {}
    assert (server.connections, len(server.requests)) == (1, 5)


async def test_as_many_connections_as_requests_at_once_and_no_more_than_the_limit(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, lambda _: ok()) as server,
        server.access().client(Limits(concurrency=3), ONCE) as client,
    ):
        await asyncio.gather(*(get(client) for _ in range(30)))
    assert server.connections == 3
    assert len(server.requests) == 30


async def test_each_answer_goes_to_who_asked(tmp_path: Path) -> None:
    def echo(request: bytes) -> bytes:
        return ok(b'{"path": "%s"}' % request.split()[1])

    async with tls_server(tmp_path, echo) as server, server.access().client(Limits(concurrency=4)) as client:
        found = await asyncio.gather(*(get(client, f"/{number}") for number in range(40)))
    assert found == [{"path": f"/{number}"} for number in range(40)]


@pytest.mark.parametrize("last", [ok(b"{}", b"Connection: close"), UNTIL_THE_END, ok() + b"HTTP/1.1 200"])
async def test_a_connection_that_carries_no_other_answer_is_not_asked_again(tmp_path: Path, last: bytes) -> None:
    async with (
        tls_server(tmp_path, first_then(last, ok(b'{"new": 1}'))) as server,
        server.access().client(QUICK, ONCE) as client,
    ):
        asked = asyncio.create_task(get(client))
        await server.asked.wait()
        if last == UNTIL_THE_END:
            await asyncio.sleep(0.05)
            server.lines[0].close()
        assert await asked == {}
        assert await get(client) == {"new": 1}
    assert server.connections == 2


async def test_what_nobody_asked_for_is_not_taken_for_the_next_answer(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, lambda _: ok(b'{"asked": 1}')) as server,
        server.access().client(QUICK, ONCE) as client,
    ):
        await get(client)
        server.lines[0].write(ok(b'{"forged": 1}'))
        await asyncio.sleep(0.1)
        assert await get(client) == {"asked": 1}
    assert server.connections == 2


async def test_a_connection_that_the_server_ended_meanwhile_is_not_asked(tmp_path: Path) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server, server.access().client(QUICK, ONCE) as client:
        await get(client)
        server.lines[0].close()
        await asyncio.sleep(0.1)
        assert await get(client) == {}
    assert server.connections == 2


async def test_a_connection_that_was_idle_for_long_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towpath.https.connection._KEPT_SECONDS", 0.05)
    async with tls_server(tmp_path, lambda _: ok()) as server, server.access().client(retry=ONCE) as client:
        await get(client)
        await asyncio.sleep(0.1)
        await get(client)
    assert server.connections == 2


@pytest.mark.parametrize("broken", [CLOSE, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_an_answer_that_broke_off_is_asked_for_again(tmp_path: Path, broken: bytes) -> None:
    async with tls_server(tmp_path, first_then(broken, ok())) as server, server.access().client(QUICK, TWICE) as client:
        asked = asyncio.create_task(get(client))
        await server.asked.wait()
        server.lines[0].close()
        assert await asked == {}
    assert len(server.requests) == 2


async def test_silence_ends_a_request_and_its_connection(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, first_then(None, ok())) as server,
        server.access().client(QUICK, ONCE) as client,
    ):
        with pytest.raises(TimedOutError, match="asking: no answer in time"):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await get(client)
        await asyncio.sleep(0.1)
        assert server.lines[0].transport.is_closing()
        assert await get(client) == {}


async def test_an_answer_may_take_its_time_as_long_as_something_comes(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n") as server,
        server.access().client(QUICK, ONCE) as client,
    ):
        asked = asyncio.create_task(get(client))
        await server.asked.wait()
        for piece in b'{"a":1}':
            await asyncio.sleep(0.1)
            server.lines[0].write(bytes([piece]))
        assert await asked == {"a": 1}


async def test_who_answers_no_http_is_no_api_server(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, lambda _: b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as server,
        server.access().client(QUICK, TWICE) as client,
    ):
        with pytest.raises(ProtocolError, match="no HTTP"):
            await get(client)
    assert len(server.requests) == 1


async def test_who_shakes_no_hands_is_not_waited_for(tmp_path: Path) -> None:
    given_up = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        given_up.set()

    async with tcp_listener(keep_silent) as silent, tls_server(tmp_path, lambda _: ok()) as server:
        nobody = TlsServer(server.answer, silent, server.certificate)
        async with nobody.access().client(QUICK, ONCE) as client:
            with pytest.raises(TimedOutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await get(client)
            await given_up.wait()


async def test_nobody_there_is_said(tmp_path: Path) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server:
        access = server.access()
    async with access.client(QUICK, ONCE) as client:
        with pytest.raises(UnreachableError, match="check the address"):
            await get(client)


async def test_a_server_whose_certificate_names_another_is_refused(tmp_path: Path) -> None:
    async with (
        tls_server(tmp_path, lambda _: ok()) as server,
        server.access(**{"tls-server-name": "elsewhere"}).client(QUICK, TWICE) as client,
    ):
        with pytest.raises(UntrustedCertificateError, match="elsewhere"):
            await get(client)
    assert server.requests == []


async def test_a_path_of_the_server_comes_before_that_of_the_request(tmp_path: Path) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server:
        access = server.access(server=f"https://{ADDRESS}:{server.port}/k8s/clusters/c-1")
        async with access.client(QUICK, ONCE) as client:
            await client.list("/api/v1/namespaces", "listing")
    assert server.requests[0].startswith(b"GET /k8s/clusters/c-1/api/v1/namespaces?limit=")
    assert b"\r\nHost: %s:%d\r\n" % (ADDRESS.encode(), server.port) in server.requests[0]


async def test_a_connection_that_is_not_used_again_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towpath.https.connection._KEPT_SECONDS", 0.0)
    async with tls_server(tmp_path, lambda _: ok()) as server, server.access().client(retry=ONCE) as client:
        for _ in range(5):
            await get(client)
        await asyncio.sleep(0.1)
        assert server.connections == 5
        assert all(line.transport.is_closing() for line in server.lines)


@pytest.mark.parametrize("path", ["/größe", "/a b", "/a%20b"])
async def test_the_servers_own_path_is_written_as_http_wants_it(tmp_path: Path, path: str) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server:
        access = server.access(server=f"https://{ADDRESS}:{server.port}{path}")
        async with access.client(retry=ONCE) as client:
            assert await get(client) == {}
    written = {"/größe": b"/gr%C3%B6%C3%9Fe", "/a b": b"/a%20b", "/a%20b": b"/a%20b"}[path]
    assert server.requests[0].startswith(b"GET %s/version HTTP/1.1" % written)


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test"])
async def test_a_server_whose_name_can_be_none_is_said_to_be_unreachable(tmp_path: Path, host: str) -> None:
    async with (
        tls_server(tmp_path, lambda _: ok()) as server,
        server.access(server=f"https://{host}:6443").client(QUICK, ONCE) as client,
    ):
        with pytest.raises(UnreachableError):
            await get(client)


async def test_closing_may_be_broken_off_and_done_again(tmp_path: Path) -> None:
    async with tls_server(tmp_path, lambda _: ok()) as server, server.access().client(retry=ONCE) as client:
        await get(client)
        closing = asyncio.create_task(client.__aexit__())
        await asyncio.sleep(0)
        closing.cancel()
        with suppress(asyncio.CancelledError):
            await closing
