"""`RegistryContainer`: the private registry in a container on one of the nodes."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random

from components.applied_document import AppliedDocument, AppliedDocumentArgs
from components.certificates import Certificates
from components.credentials import Credentials
from components.machine import Machine
from towpath.applier.document import Document
from towpath.machines.facts import server_facts
from towpath.nodes.registries import endpoint
from towpath.registry.config import render_config
from towpath.registry.container import Probe, RegistryFiles, registry_container, registry_files
from towpath.settings.registry import Registry

_SECRET_CHARACTERS = 48


@dataclass(frozen=True)
class RegistryContainerArgs:
    """What a registry container is made of."""

    settings: Registry
    machine: Machine
    """The node it runs on."""
    address: str
    """The name or address that clients use, without the port; the certificate names it."""
    certificates: Certificates
    credentials: Credentials
    probe_account: str
    """The account whose login the new server is tried with before it counts as up."""
    document_id: str
    salt: pulumi.Output[str]
    """Secret; see `AppliedDocument`."""
    gone: bool = False
    """Its machine is not there any more."""


class RegistryContainer(pulumi.ComponentResource):
    """Files, container and check as one document on the node; the server is up only once it answered with a login.

    Does not remove images: a destroy leaves the storage folder unless it is empty.
    """

    url: pulumi.Output[str]
    """`https://HOST:PORT`, known once the server has answered."""
    host: pulumi.Output[str]
    """`HOST:PORT`, as it stands in image references."""
    ca_pem: pulumi.Output[str]
    """What clients must trust."""

    def __init__(self, name: str, args: RegistryContainerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Run the registry as `args` say."""
        super().__init__("towpath:index:RegistryContainer", name, {}, opts)
        # One secret over restarts, or an upload that spans one would be refused.
        http_secret = random.RandomPassword(
            f"{name}-http-secret", length=_SECRET_CHARACTERS, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        parts = pulumi.Output.all(
            http_secret=http_secret.result,
            htpasswd=args.credentials.htpasswd,
            chain_pem=args.certificates.chain_pem,
            private_key_pem=args.certificates.private_key_pem,
            ca_pem=args.certificates.ca_pem,
            login=args.credentials.logins.apply(lambda logins: logins[args.probe_account]),
        )
        applied = AppliedDocument(
            name,
            AppliedDocumentArgs(
                machine=args.machine,
                document_id=args.document_id,
                document=parts.apply(lambda values: _document(args, values)),
                salt=args.salt,
                facts=server_facts(args.settings.image),
                gone=args.gone,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        host = endpoint(args.address, args.settings.port)
        self.host = applied.status.apply(lambda _: host)
        self.url = applied.status.apply(lambda _: f"https://{host}")
        self.ca_pem = args.certificates.ca_pem
        self.register_outputs({"url": self.url, "host": self.host, "ca_pem": self.ca_pem})


def _document(args: RegistryContainerArgs, values: dict[str, Any]) -> Document:
    files = RegistryFiles(
        config=render_config(args.settings, values["http_secret"]),
        htpasswd=values["htpasswd"],
        chain_pem=values["chain_pem"],
        private_key_pem=values["private_key_pem"],
        ca_pem=values["ca_pem"],
    )
    login = values["login"]
    probe = Probe(args.address, login["username"], login["password"])
    entries = (*registry_files(args.settings, files), registry_container(args.settings, probe))
    return Document(args.document_id, entries, secrets=(login["password"], values["http_secret"]))
