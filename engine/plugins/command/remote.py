"""Work on a remote host, from connection to result.

Loads `asyncssh`: import this module only when there is such work.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from engine.plugins.command import upload
from engine.plugins.command.connection import Connection
from engine.plugins.command.dialling import dialled
from engine.plugins.command.errors import CommandTimedOutError
from engine.plugins.command.remote_process import RemoteExit, RemoteRun, run
from engine.plugins.command.transcript import Transcript

Report = Callable[[str], None]


async def execute(
    connection: Connection, spec: RemoteRun, said: Transcript, *, report: Report, warn: Report, timeout_seconds: float
) -> RemoteExit:
    """Run one command over one connection.

    Raises what `dialling` and `remote_process` raise, and `CommandTimedOutError`.
    """
    try:
        async with asyncio.timeout(timeout_seconds or None), dialled(connection, report) as client:
            return await run(client, spec, said, warn)
    except TimeoutError as error:
        raise _timed_out(connection, timeout_seconds) from error


async def copy(
    connection: Connection, source: dict[str, Any], destination: str, *, report: Report, timeout_seconds: float
) -> None:
    """Copy an asset or archive (a dict as on the wire, with `path` or `text`) to `destination`.

    Raises what `dialling` and `upload` raise, and `CommandTimedOutError`.
    """
    try:
        async with asyncio.timeout(timeout_seconds or None), dialled(connection, report) as client:
            if source.get("path"):
                await upload.upload_path(client, source["path"], destination)
            else:
                await upload.upload_text(client, source.get("text", ""), destination)
    except TimeoutError as error:
        raise _timed_out(connection, timeout_seconds) from error


def _timed_out(connection: Connection, timeout_seconds: float) -> CommandTimedOutError:
    return CommandTimedOutError(f"{connection.target.label}: stopped after {timeout_seconds:g} s (customTimeouts)")
