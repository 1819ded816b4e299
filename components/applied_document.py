"""`AppliedDocument`: one document on one machine, applied in one SSH round trip, with its drift found and repaired."""

import pulumi
import pulumi_command as command

from components.dynamic.node_state import WISH, NodeState
from components.machine import Machine
from towpath.applier.bootstrap import Sudo, apply_command, delete_command, stdin
from towpath.applier.document import Document
from towpath.applier.result import parse_result
from towpath.applier.summary import Summary, summary


class AppliedDocument(pulumi.ComponentResource):
    """A `NodeState` with what is wished and found, and a `remote.Command` that makes it so.

    The document goes in by standard input, which is secret: a preview shows the change on the `NodeState`. A destroy
    puts everything back.
    """

    status: pulumi.Output[str]
    """What the last apply did: `unchanged` or `changed`."""

    def __init__(
        self,
        name: str,
        machine: Machine,
        document_id: str,
        document: pulumi.Input[Document],
        salt: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Apply `document`, whose id must be `document_id`, to `machine`."""
        super().__init__("towpath:index:AppliedDocument", name, {}, opts)
        wished = pulumi.Output.from_input(document)
        state = self._state(name, machine, document_id, wished, pulumi.Output.secret(salt))
        applied = self._command(name, machine, document_id, wished, state.repairs)
        self.status = pulumi.Output.unsecret(applied.stdout).apply(lambda text: parse_result(text).status)
        self.register_outputs({"status": self.status})

    def _state(
        self,
        name: str,
        machine: Machine,
        document_id: str,
        document: pulumi.Output[Document],
        salt: pulumi.Output[str],
    ) -> NodeState:
        summarised: pulumi.Output[Summary] = pulumi.Output.unsecret(
            pulumi.Output.all(document, salt).apply(lambda parts: summary(parts[0], parts[1]))
        )
        return NodeState(
            f"{name}-state",
            {
                "machine": machine.name,
                "document": document_id,
                "connection": pulumi.Output.secret(machine.as_inputs()),
                "salt": salt,
                **{key: summarised[key] for key in WISH},
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _command(
        self,
        name: str,
        machine: Machine,
        document_id: str,
        document: pulumi.Output[Document],
        repairs: pulumi.Output[int],
    ) -> command.remote.Command:
        sudo = machine.sudo
        return command.remote.Command(
            f"{name}-apply",
            connection=machine.connection_args(),
            # The comment makes a repair a change of this resource, and says so in the preview.
            create=pulumi.Output.concat(apply_command(sudo), " # repairs: ", repairs.apply(str)),
            delete=delete_command(document_id, sudo),
            stdin=_standard_input(document, sudo),
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _standard_input(document: pulumi.Output[Document], sudo: Sudo) -> pulumi.Output[str]:
    text: pulumi.Output[str] = document.apply(lambda wished: stdin(wished, sudo))
    return pulumi.Output.secret(text)
