"""Running one command on a remote host to its end, over an open SSH connection."""

import asyncio
import contextlib
import signal as signals
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import asyncssh
from asyncssh.constants import EXTENDED_DATA_STDERR
from asyncssh.packet import String
from asyncssh.stream import SSHClientStreamSession

from engine.plugins.command.errors import ConnectionBrokenError, EnvironmentRefusedError
from engine.plugins.command.transcript import Stream, Transcript

CHUNK_BYTES = 64 * 1024
WINDOW_BYTES = 2 * 1024 * 1024
PACKET_BYTES = 32 * 1024
SIGNALLED = 128
FAREWELL_SECONDS = 0.3
"""What a cancelled command has to heed its SIGTERM before its channel is closed."""


@dataclass(frozen=True, slots=True)
class RemoteRun:
    """What to run: `command` is a line for the user's login shell.

    sshd may refuse `optional` variables, but not `required` ones.
    """

    command: str = field(repr=False)
    required: Mapping[str, str] = field(default_factory=dict, repr=False)
    optional: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemoteExit:
    """How a command ended. For one that a signal ended: its name without SIG, and 128 plus its number as status."""

    status: int
    signal: str | None = None


async def run(
    connection: asyncssh.SSHClientConnection, spec: RemoteRun, transcript: Transcript, warn: Callable[[str], None]
) -> RemoteExit:
    """Run the command until its outputs are closed and its exit status is there.

    `warn` is told the names of optional variables that sshd refused. On cancellation the command gets SIGTERM and its
    channel is closed. Raises `EnvironmentRefusedError`, `ConnectionBrokenError`.
    """
    channel = _CommandChannel(connection, spec, warn)
    session: SSHClientStreamSession[bytes] = SSHClientStreamSession()
    try:
        await channel.start(session)
        await asyncio.gather(
            _send(asyncssh.SSHWriter(session, channel), spec.stdin.encode()),
            _receive(asyncssh.SSHReader(session, channel), "stdout", transcript),
            _receive(asyncssh.SSHReader(session, channel, EXTENDED_DATA_STDERR), "stderr", transcript),
        )
        await channel.wait_closed()
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
            channel.terminate()
            await asyncio.wait_for(channel.wait_closed(), FAREWELL_SECONDS)
        raise
    except (OSError, asyncssh.Error) as error:
        raise ConnectionBrokenError(f"the SSH connection broke while the command ran: {error}") from error
    finally:
        channel.close()
    await asyncio.to_thread(transcript.finish)
    return _exit(channel)


class _CommandChannel(asyncssh.SSHClientChannel[bytes]):
    """A channel that learns which environment variables sshd accepts before it starts the command.

    The library sends `env` requests (RFC 4254, section 6.4) without asking for a reply, so a refused variable would
    be missing in silence; its hook for requests that want one is overridden for that reason.
    """

    def __init__(self, connection: asyncssh.SSHClientConnection, spec: RemoteRun, warn: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(connection, loop, "strict", None, "strict", WINDOW_BYTES, PACKET_BYTES)
        self._spec = spec
        self._warn = warn

    async def start(self, session: SSHClientStreamSession[bytes]) -> None:
        """Open the channel, without a terminal, agent or X11, and start the command in it."""
        await self.create(
            lambda: session, self._spec.command, None, {}, False, None, None, {}, False, None, None, False, False
        )

    async def _make_request(self, request: bytes, *args: bytes) -> bool | None:
        if request == b"exec":
            for name, value in self._spec.required.items():
                if not await self._set_variable(name, value):
                    raise EnvironmentRefusedError(_refusal(name))
            for name, value in self._spec.optional.items():
                if not await self._set_variable(name, value):
                    await asyncio.to_thread(self._warn, _refusal(name))
        return await super()._make_request(request, *args)

    async def _set_variable(self, name: str, value: str) -> bool:
        return bool(await super()._make_request(b"env", String(name), String(value)))


def _refusal(name: str) -> str:
    return (
        f"could not set environment variable {name!r}: the SSH server accepts only variables that AcceptEnv in its "
        f"sshd_config lists; add it there, put it in front of the command ('{name}=… command'), or pass it by stdin"
    )


async def _send(writer: asyncssh.SSHWriter[bytes], data: bytes) -> None:
    # A command may end without reading its input: that is no failure of the command.
    with contextlib.suppress(OSError, asyncssh.Error):
        for start in range(0, len(data), CHUNK_BYTES):
            writer.write(data[start : start + CHUNK_BYTES])
            await writer.drain()
        writer.write_eof()


async def _receive(reader: asyncssh.SSHReader[bytes], stream: Stream, transcript: Transcript) -> None:
    while data := await reader.read(CHUNK_BYTES):
        # In a thread, since showing lines may block; the next read waits, and with it, in the end, the command.
        await asyncio.to_thread(transcript.feed, stream, data)


def _exit(channel: asyncssh.SSHClientChannel[bytes]) -> RemoteExit:
    signal = channel.get_exit_signal()
    if signal is not None:
        number = getattr(signals, f"SIG{signal[0]}", 0)
        return RemoteExit(status=SIGNALLED + number, signal=signal[0])
    status = channel.get_exit_status()
    if status is None:
        raise ConnectionBrokenError("the remote command ended without exit status: its connection or host went away")
    return RemoteExit(status=status)
