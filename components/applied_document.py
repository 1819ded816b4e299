"""`AppliedDocument`: one document on one machine, applied in one SSH round trip, with its drift found and repaired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_command as command

from components.dynamic.node_state import KEPT, WISH, NodeState
from components.machine import Machine
from towpath.applier.bootstrap import Sudo, apply_command, delete_command, stdin
from towpath.applier.document import Document
from towpath.applier.result import parse_result
from towpath.applier.summary import Summary, summary
from towpath.machines.facts import host_keys


@dataclass(frozen=True)
class AppliedDocumentArgs:
    """A document, and where it goes."""

    machine: Machine
    document_id: str
    """The id of the document."""
    document: pulumi.Output[Document]
    salt: pulumi.Output[str]
    """Secret text that stays the same for the stack; it salts the digests that previews show."""
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Further facts for whoever reads a preview, as lists: a preview cuts long texts short."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What policies judge by, plain; see `towpath.machines.facts`. Another fact alone changes nothing."""
    gone: bool = False
    """The machine is not there any more, so nothing is done to it."""


class AppliedDocument(pulumi.ComponentResource):
    """A `NodeState` with what is wished and found, and a `remote.Command` that makes it so.

    The document goes in by standard input, which is secret: a preview shows the change on the `NodeState`. A destroy
    puts everything back.
    """

    status: pulumi.Output[str]
    """What the last apply did: `unchanged` or `changed`."""

    def __init__(self, name: str, args: AppliedDocumentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Apply the document."""
        super().__init__("towpath:index:AppliedDocument", name, {}, opts)
        sudo = args.machine.sudo
        state = NodeState(f"{name}-state", _wish(args), _child(self, args, KEPT))
        applied = command.remote.Command(
            f"{name}-apply",
            connection=args.machine.connection_args(),
            # The comment makes a repair a change of this resource, and says so in the preview.
            create=pulumi.Output.concat(apply_command(sudo), " # repairs: ", state.repairs.apply(_whole)),
            delete=delete_command(args.document_id, sudo),
            stdin=_standard_input(args.document, sudo),
            # Another machine is another place: made there first, then taken back where it was.
            triggers=[args.machine.name],
            add_previous_output_in_env=False,
            opts=_child(self, args, ("*",)),
        )
        self.status = applied.stdout.apply(lambda text: parse_result(text).status)
        self.register_outputs({"status": self.status})


def _wish(args: AppliedDocumentArgs) -> dict[str, pulumi.Input[Any]]:
    wished: pulumi.Output[Summary] = pulumi.Output.unsecret(
        pulumi.Output.all(args.document, args.salt).apply(lambda parts: summary(parts[0], parts[1]))
    )
    return {
        "machine": args.machine.name,
        "document": args.document_id,
        "connection": pulumi.Output.secret(args.machine.as_inputs()),
        "salt": pulumi.Output.secret(args.salt),
        "shown": {name: list(facts) for name, facts in args.shown.items()},
        "gone": args.gone,
        "facts": {} if args.gone else {"host_keys": host_keys(args.machine.connection), **args.facts},
        **{key: wished[key] for key in WISH},
    }


def _child(parent: pulumi.Resource, args: AppliedDocumentArgs, kept: Sequence[str]) -> pulumi.ResourceOptions:
    """Make the options of a child, which leaves these inputs as they were once the machine is gone."""
    if not args.gone:
        return pulumi.ResourceOptions(parent=parent)
    return pulumi.ResourceOptions(parent=parent, ignore_changes=list(kept), retain_on_delete=True)


def _whole(number: float) -> str:
    """Write a number that a state may have brought back as a float."""
    return str(int(number))


def _standard_input(document: pulumi.Output[Document], sudo: Sudo) -> pulumi.Output[str]:
    text: pulumi.Output[str] = document.apply(lambda wished: stdin(wished, sudo))
    return pulumi.Output.secret(text)
