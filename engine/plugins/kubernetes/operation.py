"""One request of the engine about one object: what its steps share."""

import os
from dataclasses import dataclass

from engine.plugins.kubernetes.annotations import PATCH_FORCE, is_true
from engine.plugins.kubernetes.api import Api, Write
from engine.plugins.kubernetes.cluster import Cluster
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject, gvk_of
from engine.plugins.kubernetes.kinds import is_patch
from engine.plugins.kubernetes.managed_fields import Ownership, taken_over
from engine.plugins.kubernetes.settings import Settings
from engine.plugins.resource import Call


@dataclass(frozen=True)
class Operation:
    """What surrounds a request.

    Attributes:
        call: the engine's request.
        token: the resource's type token.
        cluster: the cluster of the provider.

    """

    call: Call
    token: str
    cluster: Cluster

    @property
    def settings(self) -> Settings:
        """The provider's configuration."""
        return self.cluster.settings

    @property
    def api(self) -> Api:
        """The cluster's API; raises `UnreachableError`."""
        return self.cluster.api

    def gvk(self, document: KubeObject) -> GroupVersionKind:
        """Return the type of the object."""
        return gvk_of(document, self.token)

    def is_patch(self, document: KubeObject) -> bool:
        """Tell whether the resource patches an object that is not its own."""
        return is_patch(self.token, str(document.get("kind", "")))

    def status(self, text: str) -> None:
        """Show what goes on beside the resource, until something else does."""
        self.call.log(text, ephemeral=True)

    def warn(self, text: str) -> None:
        """Show a warning of the server, unless the user suppresses them."""
        if not self.settings.suppress_deprecation_warnings:
            self.call.log(text, "warning")

    def write(self, inputs: KubeObject, ownership: Ownership, live: KubeObject | None = None) -> Write:
        """Return how to write: ``live`` is the object as it is, ``None`` if there is none.

        A dry run is not stopped by conflicts that the real run avoids: by taking its own earlier fields over, or by
        replacing the object.
        """
        preview = self.call.preview
        force = self._forced(inputs) or (preview and (live is None or taken_over(live, ownership) is not None))
        return Write(ownership.manager, dry_run=preview, force=force, warn=self.warn)

    def _forced(self, inputs: KubeObject) -> bool:
        variable = os.environ.get("PULUMI_K8S_ENABLE_PATCH_FORCE")
        return is_true(inputs, PATCH_FORCE) or self.settings.enable_patch_force or variable == "true"
