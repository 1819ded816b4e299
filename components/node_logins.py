"""`NodeLogins`: what a node's credential provider answers, apart from all else about the node."""

import pulumi

from components.applied_document import AppliedDocument, AppliedDocumentArgs
from components.node import NodeArgs
from towpath.machines.wishes import node_wish
from towpath.nodes.node import logins_document


class NodeLogins(pulumi.ComponentResource):
    """One file on one machine, written once the registry has taken the logins in it. No runtime restarts for it."""

    status: pulumi.Output[str]
    """What the last apply did: `unchanged` or `changed`."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Write it. `args` are the node's own, with the id of another document."""
        super().__init__("towpath:index:NodeLogins", name, {}, opts)
        document = pulumi.Output.all(**args.logins).apply(
            lambda logins: logins_document(node_wish(args.settings, args.machine.name, "", logins), args.document_id)
        )
        applied = AppliedDocumentArgs(args.machine, args.document_id, document, args.salt, gone=args.gone)
        self.status = AppliedDocument(name, applied, pulumi.ResourceOptions(parent=self)).status
        self.register_outputs({"status": self.status})
