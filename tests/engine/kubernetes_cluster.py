"""A real API server for tests of the kubernetes plugin, and a project that uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from lab.cluster.local_control_plane import ControlPlane
from tests.engine.kubernetes_driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import EngineProject


class Connect(Protocol):
    def __call__(self, kubeconfig: str = ..., **settings: Any) -> Driver: ...


@dataclass
class Cluster:
    """A namespace of a test's own on the session's API server."""

    control_plane: ControlPlane
    namespace: str

    @property
    def kubeconfig(self) -> str:
        return str(self.control_plane.kubeconfig)

    def kubectl(self, *arguments: str, stdin: bytes | None = None) -> str:
        return self.control_plane.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output", "json"))
        return found

    def names(self, kind: str) -> list[str]:
        return self.kubectl("get", kind, "--output", "name").split()

    def patch_status(self, kind: str, name: str, status: dict[str, Any]) -> None:
        """Report a status as a controller or a kubelet would."""
        text = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource", "status", "--type", "merge", "--patch", text)


@pytest.fixture(scope="session")
def kubernetes_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with all controllers, and no nodes: pods stay pending."""
    with ControlPlane(tmp_path_factory.mktemp("k8s"), controllers=("*",)) as control_plane:
        yield control_plane


@pytest.fixture
def cluster(kubernetes_api: ControlPlane, request: pytest.FixtureRequest) -> Cluster:
    name = f"t-{abs(hash(request.node.nodeid)) % 10**10}"
    kubernetes_api.kubectl("create", "namespace", name)
    # The controller makes it a moment later, and tests name it.
    kubernetes_api.kubectl("--namespace", name, "wait", "--for=create", "serviceaccount/default", "--timeout=180s")
    return Cluster(kubernetes_api, name)


@pytest.fixture
def connect(cluster: Cluster) -> Iterator[Connect]:
    """Makes drivers with settings of their own."""
    started: list[Driver] = []

    def connect(kubeconfig: str = cluster.kubeconfig, **settings: Any) -> Driver:
        started.append(Driver(kubeconfig, **{"namespace": cluster.namespace, **settings}))
        return started[-1]

    yield connect
    for driver in started:
        driver.close()


@pytest.fixture
def driver(connect: Connect) -> Driver:
    return connect(enableSecretMutable="true", enableConfigMapMutable="true")


@pytest.fixture
def kubernetes_project(cluster: Cluster, engine_project: EngineProject) -> EngineProject:
    """A project whose programs find the cluster in `cluster.json`."""
    facts = {"kubeconfig": cluster.kubeconfig, "namespace": cluster.namespace}
    engine_project.file("cluster.json", json.dumps(facts))
    return engine_project
