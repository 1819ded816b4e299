"""The resource types of one plugin."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.plugins.resource import ProviderError, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.plugins.values import Properties


class Package:
    """One Pulumi package: name, version and the types provided of it.

    Args:
        name: the package's name, ``random``.
        version: of the official plugin whose contract is kept.
        resources: one instance a type.
        accepts_secrets: whether inputs and states arrive with ``Secret`` markers, as the official plugin declares it.
            Without, the engine sends plain values and marks those outputs secret that have a secret input's name.

    """

    def __init__(
        self,
        name: str,
        version: str,
        resources: Iterable[Resource],
        *,
        accepts_secrets: bool = False,
    ) -> None:
        self.name = name
        self.version = version
        self.accepts_secrets = accepts_secrets
        self.configuration: Properties = {}
        self.cancelled = threading.Event()
        self._resources = {resource.token: resource for resource in resources}

    def resource(self, urn: str) -> Resource:
        """Return the type of the resource with this URN.

        Raises:
            ProviderError: it is not among the types provided.

        """
        token = token_of(urn)
        if token in self._resources:
            return self._resources[token]
        provided = ", ".join(sorted(self._resources))
        message = (
            f"{token} is not provided here: of package {self.name}, the embedded engine provides {provided}; "
            f"for other types install the official plugin: "
            f"pulumi plugin install resource {self.name} v{self.version}"
        )
        raise ProviderError(message)

    def close(self) -> None:
        """End what still runs: the engine cancelled, stopped this plugin, or is gone.

        Called at most a few times, from any thread. A package whose resources start processes extends it.
        """
        self.cancelled.set()


def token_of(urn: str) -> str:
    """Return the type token of a URN: ``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``.

    >>> token_of("urn:pulumi:lab::towpath::towpath:index:Ca$tls:index/privateKey:PrivateKey::ca")
    'tls:index/privateKey:PrivateKey'
    """
    return urn.split("::", 3)[2].rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """Return the name in a URN, which may itself hold ``::``."""
    return urn.split("::", 3)[3]
