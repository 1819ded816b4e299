"""Faults and refusals on a real API server: each is said with its reason, and nothing gets lost."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from engine.plugins.kubernetes.annotations import TIMEOUT_SECONDS
from engine.plugins.resource import PartialFailure, ProviderError
from engine.plugins.values import Secret, reveal
from lab.cluster.authority import Identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from lab.cluster.local_control_plane import ControlPlane
    from tests.engine.kubernetes_cluster import Cluster, Connect
    from tests.engine.kubernetes_driver import Driver

pytest_plugins = ("tests.engine.kubernetes_cluster",)

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
SERVICE_ACCOUNT_PATCH = "kubernetes:core/v1:ServiceAccountPatch"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def config_map(name: str, data: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": data}


def secret(name: str, password: str, kind: str = "Opaque") -> dict[str, Any]:
    texts = Secret({"password": password})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts, "type": kind}


def until(condition: Callable[[], Any], running: Future[Any]) -> Any:
    """Return what a condition gives once it holds, while a request is under way."""
    for _ in range(600):
        if found := condition():
            return found
        assert not running.done(), running.result()
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_what_the_server_refuses_is_said_with_its_reason_and_without_secrets(driver: Driver, cluster: Cluster) -> None:
    password = "swordfish-and-more"
    inputs = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {
            "containers": [{"name": "Not A Name", "image": "x", "env": [{"name": "A", "value": Secret(password)}]}],
            "restartPolicy": Secret(password),
        },
    }
    for attempt in (driver.preview, driver.create):
        with pytest.raises(ProviderError) as refused:
            attempt("kubernetes:core/v1:Pod", inputs)
        assert "Pod" in str(refused.value)
        assert "spec.containers[0].name: Invalid value" in str(refused.value)
        assert "spec.restartPolicy: Unsupported value" in str(refused.value)
        assert password not in str(refused.value)


def test_an_update_that_is_refused_keeps_the_object_as_it_is_in_the_state(driver: Driver, cluster: Cluster) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "annotations": {"pulumi.com/skipAwait": "true"}},
        "spec": {"ports": [{"port": 80}]},
    }
    prior = driver.create("kubernetes:core/v1:Service", service)
    wrong = {**service, "spec": {"ports": [{"port": 0}]}}

    with pytest.raises(PartialFailure) as refused:
        driver.update("kubernetes:core/v1:Service", prior, wrong)

    assert "spec.ports[0].port" in refused.value.reasons[0]
    state = reveal(refused.value.created.state)
    assert state["spec"]["ports"][0]["port"] == 80
    assert refused.value.created.id == prior.id


def test_a_job_that_failed_is_an_error_at_once_with_its_pods_reason(driver: Driver, cluster: Cluster) -> None:
    container = {"name": "c", "image": "registry.test/none"}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }
    with ThreadPoolExecutor() as pool:
        made = pool.submit(driver.create, "kubernetes:batch/v1:Job", job)
        pods = until(lambda: cluster.get("pods", "--selector", "job-name=j")["items"], made)
        waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "401 Unauthorized"}}
        status = {"name": "c", "ready": False, "restartCount": 0, "image": "x", "imageID": "", "state": waiting}
        conditions = [{"type": "PodScheduled", "status": "True"}]
        pod = pods[0]["metadata"]["name"]
        cluster.patch_status("pod", pod, {"phase": "Pending", "conditions": conditions, "containerStatuses": [status]})
        until(lambda: any("ImagePullBackOff" in text for text in driver.log.texts()), made)
        cluster.kubectl("patch", "job", "j", "--patch", '{"spec": {"activeDeadlineSeconds": 1}}')
        with pytest.raises(PartialFailure) as failed:
            made.result(timeout=180)
    assert "DeadlineExceeded" in "\n".join(failed.value.reasons)


def test_a_missing_kind_or_namespace_is_named_in_the_error(
    driver: Driver, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.plugins.kubernetes.creation._ORDER_SECONDS", 0.2)
    thing = {"apiVersion": "none.test/v1", "kind": "Thing", "metadata": {"name": "t"}}
    with pytest.raises(ProviderError, match=r"none.test/v1.*CustomResourceDefinitions"):
        driver.create("kubernetes:none.test/v1:Thing", thing)
    with pytest.raises(ProviderError, match='namespaces "nowhere" not found'):
        driver.create(CONFIG_MAP, config_map("m", {}, namespace="nowhere"))


def test_a_terminating_namespace_is_named_in_the_error(driver: Driver, cluster: Cluster) -> None:
    held = config_map("held", {}, finalizers=["example.test/held"])
    driver.create(CONFIG_MAP, held)
    cluster.control_plane.kubectl("delete", "namespace", cluster.namespace, "--wait=false")
    with pytest.raises(ProviderError, match=f"namespace {cluster.namespace} because it is being terminated"):
        driver.create(CONFIG_MAP, config_map("m", {}))
    cluster.kubectl("patch", "configmap", "held", "--type", "merge", "--patch", '{"metadata": {"finalizers": null}}')


def test_a_finalizer_that_holds_an_object_is_named_when_the_time_is_up(driver: Driver, cluster: Cluster) -> None:
    held = config_map("held", {}, finalizers=["example.test/held"], annotations={TIMEOUT_SECONDS: "1"})
    prior = driver.create(CONFIG_MAP, held)
    with pytest.raises(ProviderError, match=r"timed out.*example.test/held"):
        driver.delete(CONFIG_MAP, prior)
    cluster.kubectl("patch", "configmap", "held", "--type", "merge", "--patch", '{"metadata": {"finalizers": null}}')
    driver.delete(CONFIG_MAP, prior)


def test_rights_are_missed_for_one_namespace_only(cluster: Cluster, connect: Connect, tmp_path: Path) -> None:
    control_plane = cluster.control_plane
    kubeconfig = tmp_path / "eve"
    identity = Identity("eve", groups=("team",))
    kubeconfig.write_bytes(control_plane.site.pki.kubeconfig("eve", identity, control_plane.site.server))
    cluster.kubectl("create", "rolebinding", "eve", "--clusterrole=admin", "--user=eve")
    eve = connect(str(kubeconfig))

    assert eve.create(SECRET, secret("mine", "a-password")).id == f"{cluster.namespace}/mine"
    elsewhere = {**secret("mine", "a-password"), "metadata": {"name": "mine", "namespace": "kube-system"}}
    assert eve.preview(SECRET, elsewhere).id == ""
    with pytest.raises(ProviderError, match=r'User "eve" cannot create resource "secrets".*namespace "kube-system"'):
        eve.create(SECRET, elsewhere)


def test_a_server_that_goes_away_in_the_middle_is_waited_for(
    tmp_path: Path, kubernetes_api: ControlPlane, connect: Connect
) -> None:
    with type(kubernetes_api)(tmp_path / "k8s") as own:
        driver = connect(str(own.kubeconfig), namespace="default")
        driver.create(CONFIG_MAP, config_map("before", {}))
        own.stop()
        starting = threading.Timer(0.3, own.start)
        starting.start()
        made = driver.create(CONFIG_MAP, config_map("after", {"a": "1"}))
        starting.join()
        assert made.id == "default/after"
        assert driver.read(CONFIG_MAP, made) is not None


def test_a_credential_plugin_is_run_and_named_when_it_fails(cluster: Cluster, connect: Connect, tmp_path: Path) -> None:
    token = cluster.kubectl("create", "token", "default").strip()
    document = json.loads(cluster.control_plane.kubectl("config", "view", "--raw", "--minify", "--output", "json"))
    plugin = tmp_path / "login"
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}
    plugin.write_text(f"#!/bin/sh\nprintf %s '{json.dumps(answer)}'\n")
    plugin.chmod(0o700)
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "interactiveMode": "Never"}
    document["users"][0]["user"] = {"exec": run}
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(json.dumps(document))
    cluster.kubectl(
        "create", "rolebinding", "d", "--clusterrole=admin", f"--serviceaccount={cluster.namespace}:default"
    )

    driver = connect(str(kubeconfig))
    assert driver.create(CONFIG_MAP, config_map("m", {})).id == f"{cluster.namespace}/m"

    plugin.write_text(f"#!/bin/sh\necho 'log in first {token}' >&2; exit 3\n")
    failing = connect(str(kubeconfig))
    with pytest.raises(
        ProviderError, match=r"credential plugin .*login.* failed: exit status 3: log in first"
    ) as failed:
        failing.create(CONFIG_MAP, config_map("n", {}))
    assert token not in str(failed.value)


def test_a_conflict_shows_in_the_preview_already(driver: Driver, cluster: Cluster) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1"}))
    prior = driver.update(CONFIG_MAP, prior, config_map("m", {"a": "2"}))
    cluster.kubectl("patch", "configmap", "m", "--patch", '{"data": {"a": "theirs"}}')
    with pytest.raises(ProviderError, match=r'would fail: .*conflict with "kubectl-patch".*\.data\.a'):
        driver.update(CONFIG_MAP, prior, config_map("m", {"a": "3"}), preview=True)


def test_a_field_that_the_server_does_not_know_is_a_warning_unless_it_is_suppressed(
    driver: Driver, connect: Connect, cluster: Cluster
) -> None:
    driver.create(CONFIG_MAP, {**config_map("m", {}), "spek": {}})
    assert any('unknown field "spek"' in text for text in driver.log.texts("warning"))

    quiet = connect(suppressDeprecationWarnings="true")
    quiet.create(CONFIG_MAP, {**config_map("n", {}), "spek": {}})
    assert quiet.log.texts("warning") == []


def test_a_refresh_reports_an_object_that_is_not_ready_and_keeps_it(driver: Driver, cluster: Cluster) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80}]},
    }
    token = "kubernetes:core/v1:Service"
    prior = driver.create(token, service)
    cluster.kubectl("patch", "service", "s", "--patch", '{"spec": {"type": "LoadBalancer"}}')

    with pytest.raises(PartialFailure, match="not allocated an IP address") as failed:
        driver.read(token, prior)

    assert failed.value.created.id == prior.id
    assert failed.value.inputs is not None
    assert reveal(failed.value.inputs)["spec"] == {"ports": [{"port": 80}]}
