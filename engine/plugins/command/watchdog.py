"""A small process that ends local commands when the plugin is gone, however it went (SIGKILL too).

It runs in a session of its own, so that what kills the plugin's process group leaves it alone, and hears from the
plugin over a pipe: `+PGID` a command started, `-PGID` it ended. When the pipe closes, each process group still listed
gets SIGTERM and, after `GRACE_SECONDS`, SIGKILL. Run as a script by `processes.ProcessGroups`, without site packages,
so it must import the standard library only.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.05


def listed(lines: Iterable[str]) -> set[int]:
    """Process groups that started and did not end, read until the pipe closes."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    return groups


def send(group: int, signal_number: int) -> bool:
    """Send a signal to a process group; whether there still is one."""
    try:
        os.killpg(group, signal_number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(groups: set[int]) -> None:
    """End the process groups: SIGTERM, a grace period, SIGKILL."""
    alive = {group for group in groups if send(group, signal.SIGTERM)}
    deadline = time.monotonic() + GRACE_SECONDS
    while alive and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        alive = {group for group in alive if send(group, 0)}
    for group in alive:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    end(listed(sys.stdin))
