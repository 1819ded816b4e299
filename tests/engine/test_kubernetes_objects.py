"""Objects on a real API server: other managers' fields, refusals, faults, custom kinds, imports."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from engine.plugins.kubernetes.annotations import PATCH_FIELD_MANAGER, PATCH_FORCE, TIMEOUT_SECONDS, WAIT_FOR
from engine.plugins.resource import Prior, ProviderError
from engine.plugins.values import UNKNOWN, Secret, reveal

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

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


def definition(group: str) -> dict[str, Any]:
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "scope": "Cluster", "names": names, "versions": [version]},
    }


def until(condition: Callable[[], Any], running: Future[Any]) -> Any:
    """Return what a condition gives once it holds, while a request is under way."""
    for _ in range(600):
        if found := condition():
            return found
        assert not running.done(), running.result()
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_an_object_of_others_is_not_overwritten_unless_the_user_asks_for_it(
    driver: Driver, connect: Connect, cluster: Cluster
) -> None:
    cluster.kubectl("create", "secret", "generic", "regcred", "--from-literal=password=theirs")

    with pytest.raises(ProviderError, match=r'secrets "regcred" already exists.*upsertExistingObjects'):
        driver.create(SECRET, secret("regcred", "ours-is-this"))
    assert base64.b64decode(cluster.get("secret", "regcred")["data"]["password"]) == b"theirs"

    adopting = connect(upsertExistingObjects="true")
    with pytest.raises(ProviderError, match=r'conflict with "kubectl-create".*pulumi.com/patchForce'):
        adopting.create(SECRET, secret("regcred", "ours-is-this"))
    assert adopting.create(SECRET, secret("regcred", "theirs")).id == f"{cluster.namespace}/regcred"


def test_a_patch_sets_its_own_fields_and_gives_only_those_back(driver: Driver, cluster: Cluster) -> None:
    cluster.kubectl("create", "serviceaccount", "builder")
    cluster.kubectl("label", "serviceaccount", "builder", "team=others")
    before = cluster.get("serviceaccount", "builder")
    patch = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "builder", "labels": {"ours": "1"}},
        "imagePullSecrets": [{"name": "regcred"}],
    }

    prior = driver.create(SERVICE_ACCOUNT_PATCH, patch)
    patched = cluster.get("serviceaccount", "builder")
    assert patched["imagePullSecrets"] == [{"name": "regcred"}]
    assert patched["metadata"]["labels"] == {"team": "others", "ours": "1"}
    assert not driver.diff(SERVICE_ACCOUNT_PATCH, prior, patch).changes
    changed = {**patch, "imagePullSecrets": [{"name": "other"}]}
    assert not driver.diff(SERVICE_ACCOUNT_PATCH, prior, changed).replaces
    prior = driver.update(SERVICE_ACCOUNT_PATCH, prior, changed)

    driver.delete(SERVICE_ACCOUNT_PATCH, prior)
    after = cluster.get("serviceaccount", "builder")
    for document in (before, after):
        for field in ("managedFields", "resourceVersion"):
            document["metadata"].pop(field, None)
    assert after == before


def test_deleting_a_patch_of_an_object_that_is_gone_makes_no_object(driver: Driver, cluster: Cluster) -> None:
    cluster.kubectl("create", "serviceaccount", "short-lived")
    patch = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "short-lived", "labels": {"a": "b"}}}
    prior = driver.create(SERVICE_ACCOUNT_PATCH, patch)
    cluster.kubectl("delete", "serviceaccount", "short-lived")

    driver.delete(SERVICE_ACCOUNT_PATCH, prior)

    assert "serviceaccount/short-lived" not in cluster.names("serviceaccounts")


def test_a_changed_field_manager_leaves_no_fields_to_the_old_one(driver: Driver, cluster: Cluster) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1"}, annotations={PATCH_FIELD_MANAGER: "one"}))
    assert prior.state["__fieldManager"] == "one"

    renamed = config_map("m", {"a": "1"}, annotations={PATCH_FIELD_MANAGER: "two"})
    driver.update(CONFIG_MAP, prior, renamed)

    managers = cluster.get("configmap", "m", "--show-managed-fields")["metadata"]["managedFields"]
    assert {(entry["manager"], entry["operation"]) for entry in managers} == {("two", "Apply")}


def test_fields_that_are_left_out_go_and_those_of_others_stay(driver: Driver, cluster: Cluster) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1", "b": "2"}, labels={"x": "1"}))
    cluster.kubectl("label", "configmap", "m", "theirs=1")

    prior = driver.update(CONFIG_MAP, prior, config_map("m", {"a": "1"}))

    live = cluster.get("configmap", "m")
    assert live["data"] == {"a": "1"}
    assert live["metadata"]["labels"] == {"theirs": "1"}


def test_an_ignored_field_keeps_what_another_manager_gave_it(driver: Driver, cluster: Cluster) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1", "b": "1"}))
    cluster.kubectl("patch", "configmap", "m", "--patch", '{"data": {"a": "theirs"}}')
    refreshed = driver.read(CONFIG_MAP, prior)
    assert refreshed is not None

    wanted = config_map("m", {"a": "1", "b": "2"})
    found = driver.diff(CONFIG_MAP, refreshed, wanted, ignore_changes=("data.a",))
    assert set(found.changes) == {"data.b"}
    driver.update(CONFIG_MAP, refreshed, wanted, ignore_changes=("data.a",))

    assert cluster.get("configmap", "m")["data"] == {"a": "theirs", "b": "2"}


def test_a_preview_of_a_new_service_knows_what_a_real_run_will_have_and_no_more(driver: Driver) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    state = driver.preview("kubernetes:core/v1:Service", service).state

    spec, metadata = state["spec"], state["metadata"]
    assert isinstance(spec, dict)
    assert isinstance(metadata, dict)
    assert spec["clusterIP"] is UNKNOWN
    assert metadata["uid"] is UNKNOWN
    assert spec["sessionAffinity"] == "None"
    assert "status" not in state


def test_a_custom_kind_works_as_soon_as_its_definition_is_there(driver: Driver, cluster: Cluster) -> None:
    group = f"{cluster.namespace}.example.test"
    token = f"kubernetes:{group}/v1:Thing"
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"a": 1}}
    assert driver.preview(token, thing).state["spec"] == {"a": 1}

    with ThreadPoolExecutor() as pool:
        early = pool.submit(driver.create, token, thing)
        defined = driver.create(DEFINITION, definition(group))
        prior = early.result(timeout=180)
    assert prior.id == "t"
    assert not driver.diff(DEFINITION, defined, definition(group)).changes
    assert driver.read(token, prior) is not None

    changed = {**thing, "spec": {"a": 2}}
    assert set(driver.diff(token, prior, changed).changes) == {"spec.a"}
    driver.update(token, prior, changed)
    driver.delete(DEFINITION, defined)
    assert driver.read(token, prior) is None
    driver.delete(token, prior)


def test_a_namespace_is_gone_when_its_deletion_returns(driver: Driver, cluster: Cluster) -> None:
    name = f"{cluster.namespace}-x"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    prior = driver.create("kubernetes:core/v1:Namespace", namespace)
    assert prior.id == name
    driver.create(CONFIG_MAP, config_map("m", {}, namespace=name))
    driver.delete("kubernetes:core/v1:Namespace", prior)
    assert driver.read("kubernetes:core/v1:Namespace", prior) is None


def test_an_object_is_imported_by_its_id(driver: Driver, cluster: Cluster) -> None:
    cluster.kubectl("create", "secret", "generic", "theirs", "--from-literal=password=theirs-it-is")
    found = driver.read(SECRET, Prior(f"{cluster.namespace}/theirs", {}, {}))

    assert found is not None
    assert isinstance(found.inputs["data"], Secret)
    assert isinstance(found.state["data"], Secret)
    inputs = reveal(found.inputs)
    assert set(inputs["metadata"]) == {"name", "namespace"}
    assert inputs["type"] == "Opaque"
    wanted = {**inputs, "data": Secret(inputs["data"])}
    assert not driver.diff(SECRET, found, wanted).changes
    assert driver.read(SECRET, Prior(f"{cluster.namespace}/nobody", {}, {})) is None


def test_a_condition_of_the_users_own_is_waited_for(driver: Driver, cluster: Cluster) -> None:
    wait = {WAIT_FOR: '["jsonpath={.data.ready}=yes"]', TIMEOUT_SECONDS: "30"}
    with ThreadPoolExecutor() as pool:
        made = pool.submit(driver.create, CONFIG_MAP, config_map("m", {"a": "1"}, annotations=wait))
        until(lambda: "configmap/m" in cluster.names("configmaps"), made)
        cluster.kubectl("patch", "configmap", "m", "--patch", '{"data": {"ready": "yes"}}')
        assert made.result(timeout=180).id == f"{cluster.namespace}/m"


def test_a_forced_write_takes_fields_over(driver: Driver, cluster: Cluster) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1"}, annotations={PATCH_FORCE: "true"}))
    cluster.kubectl("patch", "configmap", "m", "--patch", '{"data": {"a": "theirs"}}')
    driver.update(CONFIG_MAP, prior, config_map("m", {"a": "2"}, annotations={PATCH_FORCE: "true"}))
    assert cluster.get("configmap", "m")["data"] == {"a": "2"}


def test_a_previewed_update_changes_nothing_and_shows_what_the_server_would_have(
    driver: Driver, cluster: Cluster
) -> None:
    prior = driver.create(CONFIG_MAP, config_map("m", {"a": "1"}))
    cluster.kubectl("label", "configmap", "m", "theirs=1")
    previewed = driver.update(CONFIG_MAP, prior, config_map("m", {"a": "2"}), preview=True)

    assert reveal(previewed.state)["data"] == {"a": "2"}
    assert reveal(previewed.state)["metadata"]["labels"] == {"theirs": "1"}
    assert cluster.get("configmap", "m")["data"] == {"a": "1"}
