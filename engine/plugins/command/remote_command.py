"""`command:remote:Command`: a command on another machine, over SSH."""

from typing import TYPE_CHECKING

from engine.plugins.command import environment
from engine.plugins.command.connection import read_connection
from engine.plugins.command.errors import CommandFailedError
from engine.plugins.command.inputs import REMOTE_COMMAND
from engine.plugins.command.lifecycle import CommandResource, failure_text, outputs_of, redactor, transcript
from engine.plugins.resource import Call
from engine.plugins.values import Properties, reveal

if TYPE_CHECKING:
    from engine.plugins.command.remote_process import RemoteExit


class RemoteCommand(CommandResource):
    """Runs in the login shell of the connection's user; one connection a run."""

    token = "command:remote:Command"  # noqa: S105 - a type token
    known = REMOTE_COMMAND

    def run(self, call: Call, command: str, values: Properties, previous: Properties) -> Properties:
        """Run the command over a new connection and collect its output."""
        # Here, since they load asyncssh, which local commands do without.
        from engine.plugins.command import remote  # noqa: PLC0415
        from engine.plugins.command.remote_process import RemoteRun  # noqa: PLC0415

        plain, before = reveal(values), reveal(previous)
        connection = read_connection(plain["connection"])
        self.runtime.warn_of_unchecked_keys(call, connection)
        redact = redactor(values, previous, connection.secrets)
        said = transcript(call, values, redact)
        spec = RemoteRun(
            command=command,
            required=plain.get("environment") or {},
            optional=environment.previous_output(
                before.get("stdout") or "",
                before.get("stderr") or "",
                wanted=plain.get("addPreviousOutputInEnv") is not False,
            ),
            stdin=plain.get("stdin") or "",
        )
        ended = self.runtime.loop.run(
            remote.execute(
                connection,
                spec,
                said,
                report=lambda message: call.log(message, ephemeral=True),
                warn=lambda message: call.log(message, "warning"),
                timeout_seconds=call.timeout_seconds,
            )
        )
        if ended.status != 0 or ended.signal:
            raise CommandFailedError(failure_text(_status(ended), command, said, redact))
        return outputs_of(said)


def _status(ended: "RemoteExit") -> str:
    """How the command ended, in the words of Go's `ssh.ExitError`."""
    signal = f" from signal {ended.signal}" if ended.signal else ""
    return f"Process exited with status {ended.status}{signal}"
