"""Emptying the registry's Redis: its keys and no others, and a clear word where that cannot be."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from fnmatch import fnmatchcase

import pytest

from tests.unit.tcp_listener import tcp_listener
from towpath.cluster.access import ClusterAccess
from towpath.images.collection.deployment_place import DeploymentWay
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.shared_cache import SharedCache
from towpath.images.mirror.room import StorageFolder
from towpath.ssh.connection import Connection

PASSWORD = "not-for-logs"
OURS = {"blobs::sha256:aa", "repository::team/app::blobs", "repository::team/app::blobs::sha256:aa"}
OTHERS = {"session:1", "repository-of-somebody"}


class Redis:
    """Answers what a collection asks, two keys a page."""

    def __init__(self, wanted: str | None = PASSWORD) -> None:
        self.keys = {"0": OURS | OTHERS, "3": set(OURS)}
        self.wanted = wanted
        self.database = "0"
        self.let_in = wanted is None
        self.conversations: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conversations.append(asyncio.current_task())
        while line := await reader.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int((await reader.readline())[1:])
                words.append((await reader.readexactly(size + 2))[:-2].decode())
            writer.write(self.answer(words).encode())
        await closed(writer)

    def answer(self, words: list[str]) -> str:
        if words[0] == "AUTH":
            self.let_in = words[-1] == self.wanted
            return "+OK\r\n" if self.let_in else "-WRONGPASS invalid username-password pair\r\n"
        if not self.let_in:
            return "-NOAUTH Authentication required.\r\n"
        commands: dict[str, Callable[[list[str]], str]] = {
            "SELECT": self._select,
            "SCAN": self._scan,
            "DEL": self._delete,
        }
        return commands[words[0]](words) if words[0] in commands else "+PONG\r\n"

    def _select(self, words: list[str]) -> str:
        self.database = words[1]
        return "+OK\r\n"

    def _scan(self, words: list[str]) -> str:
        found = sorted(key for key in self.keys[self.database] if fnmatchcase(key, words[3]))[:1]
        cursor = "7" if found and words[1] != "9" else "0"
        keys = "".join(f"${len(key)}\r\n{key}\r\n" for key in found)
        return f"*2\r\n$1\r\n{cursor}\r\n*{len(found)}\r\n{keys}"

    def _delete(self, words: list[str]) -> str:
        self.keys[self.database] -= set(words[1:])
        return f":{len(words) - 1}\r\n"


@asynccontextmanager
async def served(redis: Redis) -> AsyncIterator[str]:
    async with tcp_listener(redis.serve) as port:
        yield f"127.0.0.1:{port}"
        await asyncio.gather(*(each for each in redis.conversations if each))


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def test_the_registrys_keys_go_and_others_stay() -> None:
    redis = Redis()
    async with served(redis) as address:
        found = SharedCache(address, password=PASSWORD)
        await found.check()
        assert await found.flush() == len(OURS)
    assert redis.keys == {"0": OTHERS, "3": OURS}


async def test_only_the_database_of_the_settings_is_emptied() -> None:
    redis = Redis(wanted=None)
    async with served(redis) as address:
        await SharedCache(address, database=3).flush()
    assert redis.keys == {"0": OURS | OTHERS, "3": set()}


@pytest.mark.parametrize("password", ["wrong-and-not-for-logs", None])
async def test_a_login_that_does_not_hold_is_said_without_it(password: str | None) -> None:
    async with served(Redis()) as address:
        with pytest.raises(
            CollectionError, match=r"cannot be emptied from this machine \((WRONGPASS|NOAUTH)"
        ) as caught:
            await SharedCache(address, password=password).check()
    assert "not-for-logs" not in str(caught.value)


async def test_a_redis_that_repeats_what_it_does_not_know_shows_no_password() -> None:
    redis = Redis()
    redis.answer = lambda words: f"-ERR unknown command '{words[0]}', with args beginning with: '{words[-1]}' \r\n"  # type: ignore[method-assign]
    async with served(redis) as address:
        with pytest.raises(CollectionError, match="unknown command 'AUTH'") as caught:
            await SharedCache(address, password=PASSWORD).check()
    assert "not-for-logs" not in str(caught.value)


async def test_a_redis_that_is_not_there_is_said() -> None:
    async with served(Redis()) as address:
        pass
    with pytest.raises(CollectionError, match=f"Redis at {address}"):
        await SharedCache(address).flush()


@pytest.mark.parametrize("greeting", ["HTTP/1.1 400 Bad Request\r\n", "$99999\r\n", ""])
async def test_something_else_that_listens_there_is_no_cache(greeting: str) -> None:
    ended = asyncio.Event()

    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting.encode())
        await writer.drain()
        await closed(writer)
        ended.set()

    async with tcp_listener(other) as port:
        with pytest.raises(CollectionError, match="cannot be emptied"):
            await SharedCache(f"127.0.0.1:{port}").check()
        await ended.wait()


def test_the_way_survives_the_state_and_shows_no_password() -> None:
    folder = StorageFolder(Connection("10.0.0.1", "a key", private_key="a private key"), "/data/registry")
    way = DeploymentWay(ClusterAccess("the kubeconfig"), SharedCache("redis:6379", "me", PASSWORD, 3, "PEM"), folder)
    record = json.loads(json.dumps(way.to_record()))
    record["cache"]["database"] = 3.0
    assert DeploymentWay.from_record(record) == way
    assert PASSWORD not in repr(way)
    assert PASSWORD not in repr(way.cache)
