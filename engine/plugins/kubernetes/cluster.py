"""The cluster that a provider is configured for: connected at the first use, perhaps out of reach."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.plugins.kubernetes.errors import ApiError, ConnectionLostError, UnreachableError
from engine.plugins.kubernetes.kinds import built_in_is_namespaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plugins.kubernetes.api import Api
    from engine.plugins.kubernetes.gvk import GroupVersionKind
    from engine.plugins.kubernetes.settings import Settings


class Cluster:
    """Connects once, and remembers what came of it: an update does not wait for a dead server again and again.

    Args:
        settings: the provider's.
        environment: environment variables.
        cancelled: set when the engine cancels.

    """

    def __init__(self, settings: Settings, environment: Mapping[str, str], cancelled: threading.Event) -> None:
        self.settings = settings
        self._environment = environment
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._api: Api | None = None
        self._failure: UnreachableError | None = None
        self._namespace = settings.namespace
        self._announced = False

    def warm_up(self) -> None:
        """Connect in the background: the libraries take a while to load."""
        threading.Thread(target=self.reachable, name="kubernetes-connect", daemon=True).start()

    def reachable(self) -> Api | None:
        """Return the cluster's API, ``None`` if it cannot be reached."""
        with self._lock:
            if self._api is None and self._failure is None:
                try:
                    self._api = self._connect()
                except UnreachableError as error:
                    self._failure = error
            return self._api

    @property
    def api(self) -> Api:
        """The cluster's API.

        Raises:
            UnreachableError: it cannot be reached.

        """
        api = self.reachable()
        if api is None:
            message = f"configured Kubernetes cluster is unreachable: {self.unreachable_reason}"
            raise UnreachableError(message)
        return api

    @property
    def unreachable_reason(self) -> str:
        """Why the cluster cannot be reached, empty if it can."""
        self.reachable()
        return str(self._failure or "")

    @property
    def default_namespace(self) -> str:
        """Where objects without a namespace go: the provider's, the context's; empty if there is no kubeconfig."""
        self.reachable()
        return self._namespace

    def to_announce(self) -> str:
        """Return why the cluster cannot be reached, the first time only: a preview says it once, and goes on."""
        reason = self.unreachable_reason
        with self._lock:
            announced, self._announced = self._announced, True
        return "" if announced else reason

    def is_namespaced(self, gvk: GroupVersionKind) -> bool:
        """Tell whether objects of a kind are in namespaces; assumed of a kind that is not there yet."""
        known = built_in_is_namespaced(gvk)
        if known is not None:
            return known
        api = self.reachable()
        return api.endpoint(gvk).namespaced if api is not None and api.exists(gvk) else True

    def exists(self, gvk: GroupVersionKind) -> bool:
        """Tell whether the cluster can be reached and serves the kind."""
        api = self.reachable()
        return api is not None and api.exists(gvk)

    def _connect(self) -> Api:
        # Loading these takes as long as all else: the process shall answer the engine first.
        from engine.plugins.kubernetes.api import Api  # noqa: PLC0415
        from engine.plugins.kubernetes.client import ApiClient, probe  # noqa: PLC0415
        from engine.plugins.kubernetes.kubeconfig import find_access  # noqa: PLC0415
        from engine.plugins.kubernetes.transport import open_client  # noqa: PLC0415

        if not self.settings.kubeconfig_known:
            message = "its kubeconfig is not known before the resource that makes it is there"
            raise UnreachableError(message)
        access = find_access(self.settings, self._environment)
        self._namespace = access.namespace
        http = open_client(access, self._environment, self.settings.timeout_seconds)
        try:
            probe(http)
        except ApiError as error:
            message = f"the API server at {access.server} refuses to tell its version: {error}"
            raise UnreachableError(message) from None
        except ConnectionLostError as error:
            raise UnreachableError(str(error)) from None
        return Api(ApiClient(http, self._cancelled))
