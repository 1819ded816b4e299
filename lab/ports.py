"""Whether something listens at an address."""

import socket
import time

CONNECT_SECONDS = 2


def accepts(address: str, port: int) -> bool:
    """Whether a TCP connection is accepted now."""
    try:
        socket.create_connection((address, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def wait(address: str, port: int, seconds: float) -> bool:
    """Wait until a TCP connection is accepted; return whether that came true in time."""
    deadline = time.monotonic() + seconds
    while not accepts(address, port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free(address: str) -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
