"""Objects registered by their type token: the same requests as by the SDK's classes, without importing those."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime.mocks import MockMonitor

from components.kubernetes_object import kubernetes_object, token

METADATA = {"name": "one", "namespace": "a", "labels": {"of": "us"}}
OBJECTS: dict[str, dict[str, Any]] = {
    "Namespace": {"apiVersion": "v1", "metadata": {"name": "a"}},
    "Secret": {"apiVersion": "v1", "metadata": METADATA, "type": "Opaque"},
    "PersistentVolume": {"apiVersion": "v1", "metadata": {"name": "v"}, "spec": {"hostPath": {"path": "/x"}}},
    "PersistentVolumeClaim": {"apiVersion": "v1", "metadata": METADATA, "spec": {"accessModes": ["ReadWriteOnce"]}},
    "Service": {"apiVersion": "v1", "metadata": METADATA, "spec": {"ports": [{"port": 1, "targetPort": 2}]}},
    "Deployment": {"apiVersion": "apps/v1", "metadata": METADATA, "spec": {"replicas": 1, "selector": {}}},
    "PodDisruptionBudget": {"apiVersion": "policy/v1", "metadata": METADATA, "spec": {"minAvailable": 1}},
    "NetworkPolicy": {"apiVersion": "networking.k8s.io/v1", "metadata": METADATA, "spec": {"podSelector": {}}},
    "Ingress": {"apiVersion": "networking.k8s.io/v1", "metadata": METADATA, "spec": {"ingressClassName": "x"}},
}


class Requests(MockMonitor):
    """Keeps the requests of the plugin's resources as they go to the engine."""

    def __init__(self, mocks: Any) -> None:
        super().__init__(mocks)
        self.found: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the service's own name
        if request.type.startswith("kubernetes:"):
            self.found[request.name] = json_format.MessageToDict(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK types no mocks


@pytest.fixture
def requests(recorder: Any) -> Requests:
    monitor = Requests(recorder)
    pulumi.runtime.set_mocks(recorder, project="towpath", stack="test", preview=False, monitor=monitor)
    return monitor


def by_the_sdk(kind: str, manifest: dict[str, Any], **contents: Any) -> pulumi.CustomResource:
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 what is not to be imported anywhere else

    group = {"Deployment": kubernetes.apps, "PodDisruptionBudget": kubernetes.policy}.get(kind)
    networking = kubernetes.networking if kind in {"NetworkPolicy", "Ingress"} else kubernetes.core
    fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    made: pulumi.CustomResource = getattr((group or networking).v1, kind)("theirs", **fields, **contents)
    return made


def compared(requests: Requests) -> tuple[dict[str, Any], dict[str, Any]]:
    ours, theirs = ({**requests.found[name]} for name in ("ours", "theirs"))
    for each in (ours, theirs):
        # A version and older kinds' names choose plugin and state; ours come from the provider, and there are no older.
        for key in ("name", "sourcePosition", "version", "aliases", "propertyDependencies", "stackTrace"):
            each.pop(key, None)
    return ours, theirs


@pytest.mark.parametrize("kind", OBJECTS)
@pulumi.runtime.test
def test_a_request_is_that_of_the_sdks_class(requests: Requests, kind: str) -> pulumi.Output[None]:
    manifest = {**OBJECTS[kind], "kind": kind}
    ours, theirs = kubernetes_object("ours", manifest, pulumi.ResourceOptions()), by_the_sdk(kind, manifest)

    def check(_: Any) -> None:
        one, other = compared(requests)
        assert one == other
        assert one["object"]["kind"] == kind

    return pulumi.Output.all(ours.urn, theirs.urn).apply(check)


@pytest.mark.parametrize(("ours", "theirs"), [("data", "data"), ("stringData", "string_data")])
@pulumi.runtime.test
def test_what_a_secret_holds_is_secret_on_its_way_and_in_the_state(
    requests: Requests, ours: str, theirs: str
) -> pulumi.Output[None]:
    manifest, held = {**OBJECTS["Secret"], "kind": "Secret"}, {"key": "value"}
    one = kubernetes_object("ours", manifest, pulumi.ResourceOptions(), {ours: held})
    other = by_the_sdk("Secret", manifest, **{theirs: held})

    def check(_: Any) -> None:
        found, wanted = compared(requests)
        assert found == wanted
        assert found["additionalSecretOutputs"] == ["data", "stringData"]
        assert set(found["object"][ours]) == {"4dabf18193072939515e22adb298388d", "value"}  # how a secret travels

    return pulumi.Output.all(one.urn, other.urn).apply(check)


def test_a_token_has_the_group_or_core() -> None:
    assert token({"apiVersion": "v1", "kind": "Secret"}) == "kubernetes:core/v1:Secret"
    assert token({"apiVersion": "apps/v1", "kind": "Deployment"}) == "kubernetes:apps/v1:Deployment"


def test_no_run_imports_the_classes_of_the_sdk() -> None:
    """It takes most of a second, which each preview of a stack with a cluster would pay."""
    program = """
import sys
import pulumi
from components.kubernetes_object import kubernetes_object
from components.kubernetes_provider import KubernetesCluster
from pulumi.runtime import Mocks, set_mocks

class Nothing(Mocks):
    def call(self, args): return {}, []
    def new_resource(self, args): return "id", args.inputs

set_mocks(Nothing())
provider = KubernetesCluster("kubeconfig", "https://api.test").provider
secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}}
kubernetes_object("one", secret, pulumi.ResourceOptions(provider=provider))
sys.exit("pulumi_kubernetes" not in sys.modules or "pulumi_kubernetes.core.v1._inputs" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
