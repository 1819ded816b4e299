"""What can go wrong on the way to a machine.

    SshError(TowpathError)
    ├── UnreachableError            no connection: name, route, port, time-out, bastion
    ├── HostKeyMismatchError        another machine answers than the one that is known
    ├── AuthenticationRefusedError  the machine does not let this user in
    ├── BadCredentialsError         the private key cannot be read, or the agent is not there
    ├── ConnectionLostError         cut in the middle of a command
    └── CommandFailedError          the command ended with an exit code other than 0

Each message names the machine and what to do; none holds a key, a password or a command's standard input.
"""

from towpath.errors import TowpathError


class SshError(TowpathError):
    """A machine cannot be reached or used by SSH. `host` is the machine as the settings name it."""

    def __init__(self, host: str, message: str) -> None:
        self.host = host
        super().__init__(f"{host}: {message}")


class UnreachableError(SshError):
    """There is no connection."""


class HostKeyMismatchError(SshError):
    """The machine's host key is not the known one."""


class AuthenticationRefusedError(SshError):
    """The machine refused the user."""


class BadCredentialsError(SshError):
    """What is to log in with cannot be used at all."""


class ConnectionLostError(SshError):
    """The connection ended before the command did."""


class CommandFailedError(SshError):
    """A command ended with an exit code other than 0; `stdout` and `stderr` are what it printed."""

    def __init__(self, host: str, exit_code: int, stdout: str, stderr: str) -> None:
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr
        last = [line for line in stderr.splitlines() if line.strip()][-5:]
        super().__init__(host, "\n".join(last) or f"the command ended with exit code {exit_code} and said nothing")
