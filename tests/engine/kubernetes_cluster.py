"""A real API server for tests of the kubernetes plugin, a project that uses it, and a driver without an engine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from engine.catalog import EmbeddedPlugin
from engine.plugins.kubernetes.package import VERSION, KubernetesPackage
from engine.plugins.resource import Call, Created, Prior
from engine.wrappers import render, write_executable
from lab.cluster.local_control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.layout import Layout
    from engine.plugins.changes import Diff
    from engine.plugins.resource import Severity
    from engine.plugins.values import Properties
    from tests.engine.conftest import EngineProject


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


@dataclass
class RecordingLog:
    """What a resource said to the engine: severity, text, whether it was a passing one."""

    said: list[tuple[str, str, bool]] = field(default_factory=list)

    def write(self, severity: Severity, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        self.said.append((severity, message, ephemeral))

    def texts(self, severity: str = "") -> list[str]:
        return [text for kind, text, _ in self.said if severity in {"", kind}]


class Driver:
    """Calls the plugin as an engine does, within the test's process."""

    def __init__(self, kubeconfig: str, **settings: Any) -> None:
        self.package = KubernetesPackage()
        self.package.configuration = {"kubeconfig": kubeconfig, **settings}
        self.log = RecordingLog()

    def call(self, token: str, name: str = "it", **details: Any) -> Call:
        urn = f"urn:pulumi:test::probe::{token}::{name}"
        return Call(urn, name, self.log, cancelled=self.package.cancelled, **details)

    def check(self, token: str, inputs: Properties, old: Properties | None = None) -> Properties:
        call = self.call(token)
        checked = self.package.resource(call.urn).check(call, old or {}, inputs)
        assert not checked.failures
        return checked.inputs

    def preview(self, token: str, inputs: Properties) -> Created:
        call = self.call(token, preview=True)
        return self.package.resource(call.urn).create(call, self.check(token, inputs))

    def create(self, token: str, inputs: Properties, **details: Any) -> Prior:
        call = self.call(token, **details)
        checked = self.check(token, inputs)
        created = self.package.resource(call.urn).create(call, checked)
        return Prior(created.id, created.state, checked)

    def diff(self, token: str, prior: Prior, inputs: Properties, **details: Any) -> Diff:
        call = self.call(token, **details)
        return self.package.resource(call.urn).diff(call, prior, self.check(token, inputs, prior.inputs))

    def update(self, token: str, prior: Prior, inputs: Properties, **details: Any) -> Prior:
        call = self.call(token, **details)
        checked = self.check(token, inputs, prior.inputs)
        return Prior(prior.id, self.package.resource(call.urn).update(call, prior, checked), checked)

    def read(self, token: str, prior: Prior) -> Prior | None:
        call = self.call(token)
        return self.package.resource(call.urn).read(call, prior)

    def delete(self, token: str, prior: Prior, **details: Any) -> None:
        call = self.call(token, **details)
        self.package.resource(call.urn).delete(call, prior)


@pytest.fixture(scope="session")
def kubernetes_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with all controllers, and no nodes: pods stay pending."""
    with ControlPlane(tmp_path_factory.mktemp("k8s"), controllers=("*",)) as control_plane:
        yield control_plane


@pytest.fixture
def cluster(kubernetes_api: ControlPlane, request: pytest.FixtureRequest) -> Cluster:
    name = f"t-{abs(hash(request.node.nodeid)) % 10**10}"
    kubernetes_api.kubectl("create", "namespace", name)
    return Cluster(kubernetes_api, name)


@pytest.fixture
def driver(cluster: Cluster) -> Iterator[Driver]:
    started = Driver(cluster.kubeconfig, namespace=cluster.namespace, enableSecretMutable="true")
    yield started
    started.package.close()


@pytest.fixture
def kubernetes_project(cluster: Cluster, engine_layout: Layout, engine_project: EngineProject) -> EngineProject:
    """A project whose programs find the cluster in `cluster.json`."""
    plugin = EmbeddedPlugin("kubernetes", VERSION, "engine.plugins.kubernetes")
    target = engine_layout.plugins / plugin.folder / plugin.executable
    write_executable(target, render(engine_layout, plugin.module))
    facts = {"kubeconfig": cluster.kubeconfig, "namespace": cluster.namespace}
    engine_project.file("cluster.json", json.dumps(facts))
    return engine_project
