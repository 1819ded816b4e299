"""The whole of a node's image-pulling set-up as one document."""

from towpath.applier.document import Document
from towpath.nodes import containerd, containers, credential_provider, docker, kubelet, rancher, trust
from towpath.nodes.facts import Facts, check_wish, narrowed
from towpath.nodes.wish import NodeWish


def node_document(wish: NodeWish, facts: Facts | None = None, document_id: str = "node") -> Document:
    """Render everything that `wish` says.

    Without facts the document fits any machine: entries for runtimes that it turns out not to have are skipped there,
    and said to be. With facts it holds nothing for runtimes that the machine does not have, and what the machine's
    software does not know is refused. Raises NodeError.

    Runtimes follow in the order in which they build on one another: containerd, Docker, kubelet and the others.
    """
    requires = tuple(sorted(wish.runtimes or ()))
    if facts is not None:
        check_wish(facts, wish)
        wish = narrowed(facts, wish)
    return Document(
        document_id,
        (
            *trust.hosts_block(wish),
            *trust.trust_files(wish),
            *containerd.containerd_files(wish),
            *docker.docker_files(wish),
            *containers.containers_files(wish),
            *rancher.rancher_files(wish),
            *kubelet.kubelet_files(wish),
            *credential_provider.provider_files(wish),
            *trust.trust_command(wish),
            *credential_provider.provider_command(wish),
            *containerd.containerd_service(wish),
            *docker.docker_service(wish),
            *containers.crio_service(wish),
            *rancher.rancher_services(wish),
            *kubelet.kubelet_service(wish),
        ),
        secrets=(*(wish.proxy.secrets if wish.proxy else ()), *(() if wish.logins_apart else _passwords(wish))),
        requires=requires,
    )


def logins_document(wish: NodeWish, document_id: str) -> Document:
    """Render what a credential provider answers, where that comes in a document of its own. Raises NodeError."""
    return Document(document_id, tuple(credential_provider.credentials_files(wish)), secrets=_passwords(wish))


def _passwords(wish: NodeWish) -> tuple[str, ...]:
    return tuple(login.password for login in wish.logins)
