"""What new inputs change: against live objects, whatever a server adds to them or leaves out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plugins.changes import Diff, Kind
from engine.plugins.kubernetes.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from engine.plugins.kubernetes.cluster import Cluster
from engine.plugins.kubernetes.documents import to_object, to_properties
from engine.plugins.kubernetes.kube_resource import KubernetesResource
from engine.plugins.kubernetes.pruning import prune, prune_to_inputs
from engine.plugins.kubernetes.settings import Settings
from engine.plugins.resource import Call, Prior
from engine.plugins.values import UNKNOWN


class Silent:
    def write(self, *_: Any, **__: Any) -> None:
        pass


class Offline(Cluster):
    """A cluster that nobody asks: the kinds of these tests are built in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def reachable(self) -> None:
        raise AssertionError("a diff asks no server")


def diff(
    token: str,
    inputs: dict[str, Any],
    live: dict[str, Any],
    new: dict[str, Any],
    *,
    ignored: tuple[str, ...] = (),
    **settings: Any,
) -> Diff:
    state = write_checkpoint(Checkpoint(live, inputs, "v1", "m"), {})
    call = Call(f"urn:pulumi:s::p::{token}::n", "n", Silent(), ignore_changes=ignored)
    resource = KubernetesResource(token, Offline(Settings(**settings)))
    return resource.diff(call, Prior("x", state, to_properties(inputs)), to_properties(new))


def document(kind: str, api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "n", "namespace": "x"}, **fields}


DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def deployment(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "c", **container}]}}
    return document("Deployment", "apps/v1", spec={"template": template, **spec})


def test_what_a_server_adds_is_no_change() -> None:
    inputs = deployment({"image": "a"})
    live = deployment({"image": "a", "imagePullPolicy": "Always", "resources": {}}, replicas=1, strategy={"type": "R"})
    live["status"] = {"replicas": 1}
    live["metadata"] |= {"uid": "u", "labels": {"added": "by others"}}
    assert not diff(DEPLOYMENT, inputs, live, inputs).changes


def test_what_a_server_leaves_out_is_no_change_but_what_is_gone_is() -> None:
    inputs = deployment({"image": "a", "tty": False, "env": []}, paused=False)
    inputs["metadata"]["labels"] = {}
    live = deployment({"image": "a"})
    assert not diff(DEPLOYMENT, inputs, live, inputs).changes

    wanted = deployment({"image": "a", "tty": False, "env": []}, paused=False, replicas=0)
    wanted["metadata"]["labels"] = {}
    assert set(diff(DEPLOYMENT, inputs, live, wanted).changes) == {"spec.replicas"}


def test_a_change_an_addition_and_a_removal_are_told_apart() -> None:
    inputs = document("ConfigMap", data={"a": "1", "b": "1", "d.e": "1"})
    new = document("ConfigMap", data={"a": "2", "c": "1"})
    found = diff("kubernetes:core/v1:ConfigMap", inputs, inputs, new, enable_config_map_mutable=True)
    assert {path: change.kind for path, change in found.changes.items()} == {
        "data.a": Kind.UPDATE,
        "data.b": Kind.DELETE,
        "data.c": Kind.ADD,
        'data["d.e"]': Kind.DELETE,
    }
    assert not found.replaces


def test_drift_in_the_live_object_is_a_change() -> None:
    inputs = document("ConfigMap", data={"a": "1"})
    live = document("ConfigMap", data={"a": "edited", "b": "added by others"})
    found = diff("kubernetes:core/v1:ConfigMap", inputs, live, inputs, enable_config_map_mutable=True)
    assert set(found.changes) == {"data.a"}


SELECTOR = {"matchLabels": {"app": "web"}}


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (DEPLOYMENT, deployment({}, selector=SELECTOR), deployment({}, selector={"matchLabels": {"app": "x"}})),
        (
            "kubernetes:batch/v1:Job",
            document("Job", "batch/v1", spec={"template": {"a": 1}}),
            document("Job", "batch/v1", spec={"template": {"a": 2}}),
        ),
        (
            "kubernetes:core/v1:Service",
            document("Service", spec={"clusterIP": "10.0.0.1"}),
            document("Service", spec={"clusterIP": "10.0.0.2"}),
        ),
        (
            "kubernetes:core/v1:PersistentVolumeClaim",
            document("PersistentVolumeClaim", spec={"accessModes": ["a"]}),
            document("PersistentVolumeClaim", spec={"accessModes": ["a", "b"]}),
        ),
        (
            "kubernetes:core/v1:Pod",
            document("Pod", spec={"containers": [{"name": "c", "image": "a"}]}),
            document("Pod", spec={"containers": [{"name": "c", "image": "b"}]}),
        ),
        ("kubernetes:core/v1:Pod", document("Pod"), document("Pod", spec={"containers": [{"image": "b"}]})),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            document("RoleBinding", "rbac.authorization.k8s.io/v1", roleRef={"name": "a"}),
            document("RoleBinding", "rbac.authorization.k8s.io/v1", roleRef={"name": "b"}),
        ),
        ("kubernetes:core/v1:Secret", document("Secret", type="Opaque"), document("Secret", type="x")),
        ("kubernetes:core/v1:Secret", document("Secret", data={"a": "MQ=="}), document("Secret", data={"a": "Mg=="})),
    ],
)
def test_what_cannot_be_changed_in_place_replaces_and_a_fixed_name_goes_first(
    token: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = diff(token, old, old, new)
    assert found.replaces
    assert found.delete_before_replace
    renamed = {**new, "metadata": {"name": "other", "namespace": "x"}}
    assert not diff(token, old, old, renamed).delete_before_replace
    made_up = {**new, "metadata": {**new["metadata"], "annotations": {"pulumi.com/autonamed": "true"}}}
    assert not diff(token, old, old, made_up).delete_before_replace


def test_contents_change_in_place_where_the_provider_says_so_and_the_object_does_not_forbid_it() -> None:
    old, new = document("Secret", data={"a": "MQ=="}), document("Secret", data={"a": "Mg=="})
    token = "kubernetes:core/v1:Secret"
    assert not diff(token, old, old, new, enable_secret_mutable=True).replaces
    fixed = {**new, "immutable": True}
    assert diff(
        token, {**old, "immutable": True}, {**old, "immutable": True}, fixed, enable_secret_mutable=True
    ).replaces


def test_a_patch_is_replaced_for_its_identity_only() -> None:
    old = document("Service", spec={"clusterIP": "10.0.0.1"})
    new = document("Service", spec={"clusterIP": "10.0.0.2"})
    token = "kubernetes:core/v1:ServicePatch"
    assert not diff(token, old, old, new).replaces
    assert diff(token, old, old, {**old, "metadata": {"name": "other", "namespace": "x"}}).replaces == ["metadata"]


def test_the_default_namespace_and_none_are_the_same() -> None:
    old = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"}}
    live = {**old, "metadata": {"name": "n", "namespace": "default"}}
    assert not diff("kubernetes:core/v1:ConfigMap", old, live, live).changes
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "n"}}
    placed = {**volume, "metadata": {"name": "n", "namespace": "x"}}
    assert not diff("kubernetes:core/v1:PersistentVolume", volume, volume, placed).changes


def test_an_unknown_value_is_a_change_and_an_ignored_one_is_none() -> None:
    old = document("ConfigMap", data={"a": "1"}, binaryData={"x": "MQ=="})
    new = document("ConfigMap", data={"a": UNKNOWN}, binaryData={"x": "MQ=="})
    token = "kubernetes:core/v1:ConfigMap"
    assert set(diff(token, old, old, new).changes) == {"data.a"}
    assert not diff(token, old, old, new, ignored=("data",)).changes
    assert not diff(token, old, old, new, ignored=('data["a"]',)).changes


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


@given(objects, objects)
def test_pruning_keeps_nothing_that_the_shape_has_not_and_is_done_after_once(
    live: dict[str, Any], shape: dict[str, Any]
) -> None:
    pruned = prune(live, shape)
    assert pruned.keys() == live.keys() & shape.keys()
    assert prune(pruned, shape) == pruned


@given(objects)
def test_an_object_that_came_back_as_it_was_sent_has_no_change(inputs: dict[str, Any]) -> None:
    assert prune_to_inputs(inputs, inputs) == inputs


@given(objects)
def test_a_state_gives_back_what_was_put_into_it(live: dict[str, Any]) -> None:
    plain = to_object(to_properties(live))
    checkpoint = Checkpoint(plain, plain, "v1", "m")
    assert read_checkpoint(write_checkpoint(checkpoint, {})) == checkpoint
