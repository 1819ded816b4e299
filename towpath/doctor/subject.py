"""What is examined: a stack by its settings and outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from towpath.machines.document_id import cache_document_id, node_document_id, registry_document_id
from towpath.machines.wishes import node_wish
from towpath.nodes.wish import NodeWish
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.settings.settings import Settings


@dataclass(frozen=True)
class Subject:
    """A stack. `endpoint` is None until it was up once; `accounts` are the logins that clients are to use."""

    stack: str
    settings: Settings
    endpoint: Endpoint | None = None
    accounts: Mapping[str, Credentials] = field(default_factory=dict)

    @property
    def repair(self) -> str:
        """The command that makes machines as the settings say, whatever happened to them."""
        return f"pulumi up --refresh -s {self.stack}"

    @property
    def registry(self) -> str:
        """Host and port of the private registry, as in image references."""
        host = self.settings.registry_host
        return f"{f'[{host}]' if ':' in host else host}:{self.settings.registry_port}"

    @property
    def stack_name(self) -> str:
        """The stack's own name, where it is qualified as `ORGANISATION/PROJECT/STACK`."""
        return self.stack.rpartition("/")[2]

    def node_document(self, node: str) -> str:
        """Return the id of a node's document."""
        return node_document_id(node, self.stack_name)

    def container_documents(self) -> dict[str, str]:
        """Return the documents of the registry's node that hold containers: what each is called, by its id."""
        node = self.settings.registry_node
        caches = {
            cache_document_id(host, node, self.stack_name): f"cache of {host}" for host in self.settings.registry.caches
        }
        if self.settings.registry.kind != "container":
            return caches
        return {registry_document_id(node, self.stack_name): "registry", **caches}

    def wish(self, node: str) -> NodeWish:
        """Return what a node is to be told. Raises NodeError."""
        return node_wish(self.settings, node, (self.endpoint and self.endpoint.ca_pem) or "")

    @property
    def pulling_account(self) -> str | None:
        """Name an account to pull with: one for pulling if there is one, else the first."""
        pulling = [account.name for account in self.settings.accounts if account.role == "pull"]
        return next((name for name in [*pulling, *self.accounts] if name in self.accounts), None)

    def credentials(self) -> Credentials | None:
        """Return that account's login."""
        name = self.pulling_account
        return self.accounts[name] if name is not None else None
