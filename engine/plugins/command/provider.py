"""The package `command`."""

from engine.plugins.command.copy_to_remote import CopyToRemote
from engine.plugins.command.local_command import LocalCommand
from engine.plugins.command.remote_command import RemoteCommand
from engine.plugins.command.runtime import Runtime
from engine.plugins.package import Package

VERSION = "1.2.1"


class CommandPackage(Package):
    """Its three types, and the end of all they run when the engine cancels or is gone."""

    def __init__(self) -> None:
        self.runtime = Runtime()
        resources = [kind(self.runtime) for kind in (LocalCommand, RemoteCommand, CopyToRemote)]
        super().__init__("command", VERSION, resources, accepts_secrets=True)

    def close(self) -> None:
        """Stop what runs."""
        super().close()
        self.runtime.cancel()
