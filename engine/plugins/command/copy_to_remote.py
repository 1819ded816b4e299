"""`command:remote:CopyToRemote`: a local file, folder or text copied to another machine.

Does not: delete. What was copied stays there, as with the official plugin.
"""

from engine.plugins.changes import Diff
from engine.plugins.command import differences
from engine.plugins.command.connection import read_connection
from engine.plugins.command.inputs import COPY_TO_REMOTE
from engine.plugins.command.lifecycle import new_id
from engine.plugins.command.runtime import Runtime
from engine.plugins.resource import Call, Checked, Created, Prior, Resource
from engine.plugins.values import Properties, reveal


class CopyToRemote(Resource):
    """Copies on create, and on an update that changes content or remote path."""

    token = "command:remote:CopyToRemote"  # noqa: S105 - a type token
    replace_on = differences.REPLACE_ON

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def check(self, call: Call, old_inputs: Properties, inputs: Properties) -> Checked:  # noqa: ARG002
        """Refuse what the schema does not allow; fill in the connection's defaults."""
        return COPY_TO_REMOTE.check(inputs)

    def diff(self, call: Call, prior: Prior, inputs: Properties) -> Diff:  # noqa: ARG002
        """Let `triggers` replace; the content of `source` counts, not where it lies."""
        return differences.find(COPY_TO_REMOTE, prior, inputs)

    def create(self, call: Call, inputs: Properties) -> Created:
        """Copy."""
        if call.preview:
            return Created("", inputs)
        self._copy(call, inputs)
        return Created(new_id(""), inputs)

    def update(self, call: Call, prior: Prior, inputs: Properties) -> Properties:
        """Copy again if there is something else to copy, or another place for it."""
        moved = reveal(prior.state.get("remotePath")) != reveal(inputs["remotePath"])
        if not call.preview and (moved or not differences.same_content(prior.state.get("source"), inputs["source"])):
            self._copy(call, inputs)
        return inputs

    def _copy(self, call: Call, inputs: Properties) -> None:
        from engine.plugins.command import remote  # noqa: PLC0415 - loads asyncssh, which local commands do without

        plain = reveal(inputs)
        connection = read_connection(plain["connection"])
        self.runtime.warn_of_unchecked_keys(call, connection)
        self.runtime.loop.run(
            remote.copy(
                connection,
                plain["source"],
                plain["remotePath"],
                report=lambda message: call.log(message, ephemeral=True),
                timeout_seconds=call.timeout_seconds,
            )
        )
