"""`PullThroughCache`: a cache of one upstream, in a container beside the private registry."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random

from components.applied_document import AppliedDocument, AppliedDocumentArgs
from components.certificates import Certificates
from components.machine import Machine
from towpath.applier.document import Document
from towpath.machines.facts import server_facts
from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import endpoint
from towpath.registry.cache import CacheParts, cache_entries
from towpath.settings.registry import Cache, Registry

_SECRET_CHARACTERS = 48


@dataclass(frozen=True)
class PullThroughCacheArgs:
    """What a cache is made of."""

    upstream: str
    """The upstream's host as in image references, e.g. `docker.io`."""
    settings: Cache
    registry: Registry
    """The private registry, whose image, user, folders and logging the cache shares."""
    machine: Machine
    address: str
    """The name or address that nodes use, without the port; the certificate names it."""
    certificates: Certificates
    proxy: Proxy | None
    """The way to the upstream."""
    document_id: str
    salt: pulumi.Output[str]
    """Secret; see `AppliedDocument`."""
    gone: bool = False
    """Its machine is not there any more."""


class PullThroughCache(pulumi.ComponentResource):
    """Answers pulls of the upstream's images from its own storage, and asks the upstream for what it lacks.

    Does not ask clients for a password. A destroy leaves its storage folder unless it is empty.
    """

    url: pulumi.Output[str]
    """`https://HOST:PORT`, known once the cache has answered."""

    def __init__(self, name: str, args: PullThroughCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Run the cache as `args` say."""
        super().__init__("towpath:index:PullThroughCache", name, {}, opts)
        http_secret = random.RandomPassword(
            f"{name}-http-secret", length=_SECRET_CHARACTERS, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        parts = pulumi.Output.all(
            http_secret=http_secret.result,
            chain_pem=args.certificates.chain_pem,
            private_key_pem=args.certificates.private_key_pem,
            ca_pem=args.certificates.ca_pem,
        )
        applied = AppliedDocument(
            name,
            AppliedDocumentArgs(
                machine=args.machine,
                document_id=args.document_id,
                document=parts.apply(lambda values: _document(args, values)),
                salt=args.salt,
                facts=server_facts(args.registry.image, args.settings.upstream or ""),
                gone=args.gone,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        url = f"https://{endpoint(args.address, args.settings.port)}"
        self.url = applied.status.apply(lambda _: url)
        self.register_outputs({"url": self.url})


def _document(args: PullThroughCacheArgs, values: dict[str, Any]) -> Document:
    parts = CacheParts(host=args.upstream, address=args.address, proxy=args.proxy, **values)
    password = args.settings.password
    secrets = (
        values["http_secret"],
        *(args.proxy.secrets if args.proxy else ()),
        *((password.get_secret_value(),) if password else ()),
    )
    return Document(args.document_id, cache_entries(args.registry, args.settings, parts), secrets)
