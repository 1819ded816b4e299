"""What the resources of one plugin process share: running processes, the SSH loop, warnings given."""

import threading

from engine.plugins.command.connection import Connection
from engine.plugins.command.event_loop import EventLoop
from engine.plugins.command.processes import ProcessGroups
from engine.plugins.resource import Call


class Runtime:
    """One a process. Safe to use from several threads."""

    def __init__(self) -> None:
        self.groups = ProcessGroups()
        self.loop = EventLoop()
        self._lock = threading.Lock()
        self._warned: set[str] = set()

    def cancel(self) -> None:
        """Stop local and remote commands, and refuse new ones."""
        self.groups.cancel()
        self.loop.cancel()

    def warn_of_unchecked_keys(self, call: Call, connection: Connection) -> None:
        """Say once for each server whose host key is not given that it is not checked."""
        for endpoint in filter(None, (connection.bastion, connection.target)):
            if endpoint.host_key is not None:
                continue
            with self._lock:
                unheard = endpoint.label not in self._warned
                self._warned.add(endpoint.label)
            if unheard:
                call.log(
                    f"{endpoint.label}: its host key is not checked, since the connection has no hostKey: whoever "
                    "answers at that address gets what is sent. Set hostKey to the line that `ssh-keyscan "
                    f"{endpoint.host}` prints behind the name, after checking it on the host",
                    "warning",
                )
