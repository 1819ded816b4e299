"""A port of this machine that leads to another through a machine's SSH connection, for programs of others.

It is a process of its own: the engine deletes resources after the program has ended, and needs the way there too. It
ends by itself with the process that it is there for.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from towpath.errors import TowpathError
from towpath.machines.record import from_record, to_record
from towpath.ssh.connection import Connection
from towpath.ssh.errors import SshError

_PORTS = range(20000, 32000)
"""Below those that Linux takes for outgoing connections."""
_LOOK_SECONDS = 0.5
_START_SECONDS = 60


class TunnelError(TowpathError):
    """The machine does not lead there."""


def usual_port(*names: str) -> int:
    """Return the port for a tunnel of these names: the same in every run, so that no difference appears."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return _PORTS[int.from_bytes(digest[:4]) % len(_PORTS)]


def open_tunnel(through: Connection, host: str, port: int, local_port: int, needed_by: int) -> int:
    """Open a tunnel to `host:port` that lasts as long as the process with the id `needed_by`; return its port here.

    That is `local_port` unless somebody has it. Raises TunnelError.
    """
    order = {"through": to_record(through), "to": [host, port], "port": local_port, "needed_by": needed_by}
    process = subprocess.Popen(
        [sys.executable, "-m", "towpath.access.tunnel"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 both are pipes, as asked for
    assert process.stdout is not None  # noqa: S101
    with process.stdin, process.stdout, suppress(BrokenPipeError):
        json.dump(order, process.stdin)
        process.stdin.close()
        said = process.stdout.readline().strip()
    process.wait()
    kind, _, text = said.partition(" ")
    if kind != "port":
        raise TunnelError(f"no tunnel to {host}:{port} through {through.name}: {text or 'its process ended'}")
    return int(text)


async def serve(order: dict[str, Any]) -> None:
    """Say the port on standard output, or what went wrong, and serve until the process to outlast is gone."""
    from towpath.ssh.session import forward  # noqa: PLC0415 the SSH library takes a third of a second to import

    through, (host, port) = from_record(order["through"]), order["to"]
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(_START_SECONDS):
                tunnel = forward(through, host, int(port), int(order["port"]))
                local_port = await stack.enter_async_context(tunnel)
        except SshError as error:
            _say(f"error {' '.join(str(error).split())}")
            return
        except TimeoutError:
            _say(f"error no SSH connection within {_START_SECONDS} s")
            return
        _say(f"port {local_port}")
        while _lives(int(order["needed_by"])):  # noqa: ASYNC110 nobody is told of the end of a process not its child
            await asyncio.sleep(_LOOK_SECONDS)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    # Whoever started this is to wait for it, and not for the tunnel.
    if os.fork() == 0:
        asyncio.run(serve(wanted))
