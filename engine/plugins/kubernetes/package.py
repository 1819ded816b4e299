"""The package: one class for all types, and the cluster that its configuration names."""

import os
import re
import threading
from typing import Final

from engine.plugins.kubernetes.cluster import Cluster
from engine.plugins.kubernetes.kube_resource import KubernetesResource
from engine.plugins.kubernetes.settings import read_settings
from engine.plugins.package import Package, token_of
from engine.plugins.resource import ProviderError

VERSION: Final = "4.34.2"
_NOT_OBJECTS: Final = re.compile(r"(helm\.sh|yaml|kustomize)(/.*)?")


class KubernetesPackage(Package):
    """Serves objects of any apiVersion and kind."""

    def __init__(self) -> None:
        super().__init__("kubernetes", VERSION, (), accepts_secrets=True)
        self._lock = threading.Lock()
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster of the provider's configuration; nothing is asked of it yet.

        Raises:
            ProviderError: a setting is not provided here or has the wrong type.

        """
        with self._lock:
            if self._cluster is None:
                self._cluster = Cluster(read_settings(self.configuration, os.environ), os.environ, self.cancelled)
            return self._cluster

    def resource(self, urn: str) -> KubernetesResource:
        """Return the type of the resource with this URN.

        Raises:
            ProviderError: it is not a type of Kubernetes objects.

        """
        token = token_of(urn)
        module = token.split(":")[1]
        if _NOT_OBJECTS.fullmatch(module):
            message = (
                f"{token} is not provided here: the embedded engine has the types of objects only; for charts, "
                f"manifests and kustomizations install the official plugin: "
                f"pulumi plugin install resource kubernetes v{VERSION}"
            )
            raise ProviderError(message)
        return KubernetesResource(token, self.cluster)
