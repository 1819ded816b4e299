"""The Redis in which a registry's pods keep the sizes of blobs: emptied of what may have been swept.

Redis speaks RESP ("Redis serialization protocol specification"); of it, this takes what five commands answer. The names
of the keys are those of distribution's `registry/storage/cache/redis`: `blobs::DIGEST` and `repository::NAME::blobs…`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from towpath.images.collection.errors import CollectionError
from towpath.machines.record import from_record, to_record
from towpath.ssh.connection import Connection

PATTERNS = ("blobs::*", "repository::*::blobs*")
_AT_ONCE = 1000
_SECONDS = 20
"""For the way there, and for each answer: how many keys there are does not matter."""
_Answer = str | int | list[Any] | None


@dataclass(frozen=True)
class SharedCache:
    """A Redis as the registry's settings name it."""

    address: str
    """`host:port`."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0
    ca_pem: str | None = None
    """Of its TLS; None: it speaks none."""
    through: Connection | None = field(default=None, repr=False)
    """The machine whose SSH connection leads there; None: it is dialled from here."""

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        return {
            "address": self.address,
            "username": self.username,
            "password": self.password,
            "database": self.database,
            "ca_pem": self.ca_pem,
            "through": to_record(self.through) if self.through else None,
        }

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "SharedCache":
        """Make it again; numbers may have come back as floats."""
        values = dict(record)
        through = values.pop("through", None)
        values["database"] = int(values["database"])
        return SharedCache(**values, through=from_record(through) if through else None)

    async def check(self) -> None:
        """See that it can be emptied. Raises CollectionError."""
        async with self._opened() as redis:
            await redis.ask("PING")

    async def flush(self) -> int:
        """Delete the registry's keys, and nobody else's; return how many. Raises CollectionError."""
        async with self._opened() as redis:
            return sum([await redis.delete(pattern) for pattern in PATTERNS])

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator["_Redis"]:
        host, _, port = self.address.rpartition(":")
        try:
            async with self._way(host, int(port)) as (there, its_port):
                tls = ssl.create_default_context(cadata=self.ca_pem) if self.ca_pem else None
                async with asyncio.timeout(_SECONDS):
                    reader, writer = await asyncio.open_connection(
                        there, its_port, ssl=tls, server_hostname=host if tls else None
                    )
                try:
                    redis = _Redis(reader, writer)
                    await self._log_in(redis)
                    yield redis
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, EOFError, ValueError, _RefusedError) as error:
            reason = str(error) or type(error).__name__
            way = "by the SSH connection that leads to the cluster" if self.through else "from this machine"
            raise CollectionError(
                f"the registry's cache, Redis at {self.address}, cannot be emptied {way} ({reason}); it would go on "
                "saying that swept blobs are there: let it be reached, or take registry.deployment.redis out"
            ) from error

    async def _log_in(self, redis: "_Redis") -> None:
        if self.password is not None:
            await redis.ask("AUTH", *([self.username] if self.username else []), self.password)
        await redis.ask("SELECT", str(self.database))

    @asynccontextmanager
    async def _way(self, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
        if self.through is None:
            yield host.strip("[]"), port
            return
        from towpath.ssh.session import forward  # noqa: PLC0415 the SSH library takes a third of a second to import

        async with forward(self.through, host.strip("[]"), port) as local:
            yield "127.0.0.1", local


class _RefusedError(Exception):
    """Redis answered with an error; its text never repeats a password."""


class _Redis:
    """A connection; commands one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, *words: str) -> _Answer:
        """Send a command, and return the answer. Raises _RefusedError, EOFError, OSError, ValueError."""
        encoded = [word.encode() for word in words]
        parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
        self._writer.write(b"*%d\r\n%s" % (len(encoded), parts))
        async with asyncio.timeout(_SECONDS):
            await self._writer.drain()
            return await self._answer()

    async def delete(self, pattern: str) -> int:
        """Delete every key of a pattern; return how many."""
        cursor, deleted = "0", 0
        while True:
            answer = await self.ask("SCAN", cursor, "MATCH", pattern, "COUNT", str(_AT_ONCE))
            if not isinstance(answer, list):
                raise _RefusedError("it answers no listing")
            cursor, keys = answer
            if keys:
                count = await self.ask("DEL", *keys)
                deleted += count if isinstance(count, int) else 0
            if cursor == "0":
                return deleted

    async def _answer(self) -> _Answer:
        line = (await self._reader.readuntil(b"\r\n"))[:-2].decode()
        kind, rest = line[:1], line[1:]
        if kind == "+":
            return rest
        if kind == "-":
            # It repeats the words of a command that it does not know, as AUTH where that was renamed.
            raise _RefusedError(rest.partition(", with args")[0])
        if kind == ":":
            return int(rest)
        if kind == "$":
            size = int(rest)
            return None if size < 0 else (await self._reader.readexactly(size + 2))[:-2].decode()
        if kind == "*":
            return [await self._answer() for _ in range(int(rest))]
        raise _RefusedError("it does not speak Redis's protocol")
