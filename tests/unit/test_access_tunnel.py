"""The tunnel that outlives the program: where it leads, when it ends, and what is said where there is none."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator

import asyncssh
import pytest

from tests.unit.ssh_listener import ListeningServer, ssh_listener
from tests.unit.tcp_listener import tcp_listener
from towpath.access.tunnel import TunnelError, open_tunnel, usual_port
from towpath.ssh.connection import Connection

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
CLIENT_KEY = asyncssh.generate_private_key("ssh-ed25519")


def public(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


class Server(ListeningServer):
    """Forwards to where it is asked to."""

    forwards = True


@pytest.fixture
async def through() -> AsyncIterator[Connection]:
    key = CLIENT_KEY.export_private_key().decode()
    async with ssh_listener(Server, HOST_KEY, public(CLIENT_KEY)) as port:
        yield Connection("127.0.0.1", public(HOST_KEY), port=port, private_key=key)


@pytest.fixture
async def far() -> AsyncIterator[int]:
    """A port that says where one has come to."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"far side\n")
        writer.close()
        await writer.wait_closed()

    async with tcp_listener(answer) as port:
        yield port


@pytest.fixture
def needing() -> Iterator[subprocess.Popen[bytes]]:
    """A process that needs the tunnel."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


async def test_it_leads_there_as_long_as_a_process_needs_it(
    through: Connection, far: int, needing: subprocess.Popen[bytes]
) -> None:
    port = await asyncio.to_thread(open_tunnel, through, "127.0.0.1", far, 0, needing.pid)
    assert await _said(port) == b"far side\n"
    assert await _said(port) == b"far side\n"

    needing.kill()
    needing.wait()
    async with asyncio.timeout(180):
        while await _said(port) is not None:  # noqa: ASYNC110 another process ends
            await asyncio.sleep(0.1)


async def test_a_port_that_somebody_has_is_not_waited_for(
    through: Connection, far: int, needing: subprocess.Popen[bytes]
) -> None:
    port = await asyncio.to_thread(open_tunnel, through, "127.0.0.1", far, far, needing.pid)
    assert port != far
    assert await _said(port) == b"far side\n"


async def test_a_machine_that_does_not_let_us_in_is_named(
    through: Connection, far: int, needing: subprocess.Popen[bytes]
) -> None:
    strange = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    stranger = Connection("127.0.0.1", through.host_key, port=through.port, private_key=strange)
    with pytest.raises(TunnelError, match=f"no tunnel to 127.0.0.1:{far} through 127.0.0.1:.*does not let 'root' in"):
        await asyncio.to_thread(open_tunnel, stranger, "127.0.0.1", far, 0, needing.pid)


def test_a_stack_has_the_same_port_in_every_run() -> None:
    assert usual_port("towpath", "lab", "https://a:6443") == usual_port("towpath", "lab", "https://a:6443")
    ports = {usual_port("towpath", f"stack-{number}", "https://a:6443") for number in range(50)}
    assert len(ports) > 45
    assert all(20000 <= port < 32000 for port in ports)


async def _said(port: int) -> bytes | None:
    """What the far side says; None where nothing listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return None
    try:
        return await reader.read()
    except ConnectionResetError:
        return None
    finally:
        writer.close()
