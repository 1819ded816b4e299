"""A program on a machine that is talked to line by line, over one connection that stays open.

An answer is any number of lines `| TEXT`, then `ok VALUE` or `failed REASON`. What else a machine prints (a banner of
its login shell) is passed over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncssh

from towpath.ssh.connection import Connection
from towpath.ssh.errors import ConnectionLostError, SshError
from towpath.ssh.session import connect

_SHOWN_LINES = 3
END_SECONDS = 60
"""How long a program is waited for once it was told that nothing more comes."""


class RefusedError(SshError):
    """The program on the machine answered that it could not do it."""


@dataclass(frozen=True)
class Reply:
    """What came before `ok`, without its marks, and what stood behind it."""

    text: str
    value: str


class Dialogue:
    """An open conversation; one question at a time."""

    def __init__(self, host: str, process: "asyncssh.SSHClientProcess[str]") -> None:
        self._host = host
        self._process = process
        self._answered = True

    async def ask(self, line: str, timeout_seconds: float) -> Reply:
        """Send a line and return the answer to it.

        Raises RefusedError for `failed`, ConnectionLostError where the program ends, is cut off or is too slow, and
        from then on: what arrives late would be taken for the answer to the next question.
        """
        if not self._answered:
            raise ConnectionLostError(self._host, "an earlier question has no answer yet")
        self._answered = False
        try:
            return await asyncio.wait_for(self._asked(line), timeout_seconds)
        except TimeoutError:
            raise ConnectionLostError(self._host, f"no answer within {timeout_seconds:g} s") from None
        except (asyncssh.Error, OSError) as error:
            raise ConnectionLostError(self._host, f"the connection was cut in the middle ({error})") from error

    async def _asked(self, line: str) -> Reply:
        self._process.stdin.write(f"{line}\n")
        await self._process.stdin.drain()
        text: list[str] = []
        while answer := await self._process.stdout.readline():
            mark, _, rest = answer.rstrip("\n").partition(" ")
            if mark == "|":
                text.append(rest)
            elif mark == "ok":
                self._answered = True
                return Reply("\n".join(text), rest)
            elif mark == "failed":
                self._answered = True
                raise RefusedError(self._host, ": ".join([rest, *text[-_SHOWN_LINES:]]))
        said = (await self._process.stderr.read()).strip().splitlines()[-3:]
        raise ConnectionLostError(
            self._host, "the program ended in the middle" + (f": {' | '.join(said)}" * bool(said))
        )


@asynccontextmanager
async def dialogue(connection: Connection, command: str, opening: str) -> AsyncIterator[Dialogue]:
    """Run a command and talk to it; `opening` goes to its standard input first. At the end its input is closed.

    Raises what `connect` raises.
    """
    async with connect(connection) as client:
        process = await client.create_process(command, errors="replace")
        process.stdin.write(opening)
        try:
            yield Dialogue(connection.name, process)
        finally:
            with suppress(asyncssh.Error, OSError, TimeoutError):
                process.stdin.write_eof()
                await asyncio.wait_for(process.wait_closed(), END_SECONDS)
