"""`Node`: everything about pulling images on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.applied_document import AppliedDocument, AppliedDocumentArgs
from components.machine import Machine
from towpath.machines.facts import node_facts
from towpath.machines.wishes import node_proxy, node_wish
from towpath.nodes.node import node_document
from towpath.settings.settings import Settings


@dataclass(frozen=True)
class NodeArgs:
    """What a node is told."""

    settings: Settings
    machine: Machine
    ca_pem: pulumi.Output[str]
    """What signed the certificate of the private registry."""
    document_id: str
    salt: pulumi.Output[str]
    """Secret; see `AppliedDocument`."""
    logins: Mapping[str, pulumi.Output[dict[str, str]]] = field(default_factory=dict)
    """For a credential provider: host as in image references → `{"username", "password"}`, secret."""
    gone: bool = False
    """The machine is not there any more: its resources stay as they are, and a destroy leaves it alone."""


class Node(pulumi.ComponentResource):
    """Trust, proxy and mirrors of every runtime on one machine, as one document, in one SSH round trip.

    Does not install runtimes, and does not touch those that are not there.
    """

    status: pulumi.Output[str]
    """What the last apply did: `unchanged` or `changed`."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Set the machine up as `args` say."""
        super().__init__("towpath:index:Node", name, {}, opts)
        member = args.settings.nodes.members[args.machine.name]
        setup = args.settings.nodes.setup_of(member)
        proxy = node_proxy(args.settings, member, setup)
        logins = args.logins if setup.credential_provider and not args.settings.logins_apart else {}
        document = pulumi.Output.all(ca_pem=args.ca_pem, logins=pulumi.Output.all(**logins)).apply(
            lambda parts: node_document(
                node_wish(args.settings, args.machine.name, parts["ca_pem"], parts["logins"]),
                document_id=args.document_id,
            )
        )
        applied = AppliedDocument(
            name,
            AppliedDocumentArgs(
                machine=args.machine,
                document_id=args.document_id,
                document=document,
                salt=args.salt,
                shown={"no_proxy": proxy.no_proxy} if proxy else {},
                facts=node_facts(args.settings, args.machine.name),
                gone=args.gone,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.status = applied.status
        self.register_outputs({"status": self.status})
