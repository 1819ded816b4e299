"""What can go wrong while a command runs.

    CommandPluginError
    ├── CommandFailedError         the command ran and ended badly
    ├── CommandNotStartedError     the interpreter, its folder or its environment is unusable
    ├── CommandCancelledError      the engine asked to stop
    ├── CommandTimedOutError       the resource's `customTimeouts` ran out
    ├── OutputFilesError           `assetPaths`/`archivePaths` cannot be read
    ├── CredentialError            private key, host key or agent in the connection is unusable
    ├── UnreachableError           no SSH connection within the limit of dial errors
    ├── AuthenticationRefusedError the server takes none of the credentials
    ├── HostKeyMismatchError       the server shows another host key than the one expected
    ├── ConnectionBrokenError      an open connection ended before the command did
    ├── EnvironmentRefusedError    sshd does not accept a variable
    └── UploadError                a file or folder cannot be copied to the remote host

Messages name the machine, the step and the way out; they hold neither stdin nor anything that is secret in the inputs.
"""

from engine.plugins.resource import ProviderError


class CommandPluginError(ProviderError):
    """Anything the plugin reports to the engine."""


class CommandFailedError(CommandPluginError):
    """The command ran and ended with a status other than 0."""


class CommandNotStartedError(CommandPluginError):
    """The command could not be started."""


class CommandCancelledError(CommandPluginError):
    """The engine asked to stop while the command ran."""


class CommandTimedOutError(CommandPluginError):
    """The command ran longer than the resource's `customTimeouts` allow."""


class OutputFilesError(CommandPluginError):
    """Files named by `assetPaths` or `archivePaths` cannot be read."""


class CredentialError(CommandPluginError):
    """A private key, host key or agent socket in the connection is unusable."""


class UnreachableError(CommandPluginError):
    """No SSH connection came about within the limit of dial errors."""


class AuthenticationRefusedError(CommandPluginError):
    """The SSH server takes none of the credentials."""


class HostKeyMismatchError(CommandPluginError):
    """The SSH server shows another host key than the one expected."""


class ConnectionBrokenError(CommandPluginError):
    """An open SSH connection ended before the command did."""


class EnvironmentRefusedError(CommandPluginError):
    """The SSH server does not accept an environment variable."""


class UploadError(CommandPluginError):
    """A file or folder cannot be copied to the remote host."""
