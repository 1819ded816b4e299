"""Names that are made up, settings, field owners, secrets, and kinds."""

import base64
import json
from typing import Any

import pytest

from engine.plugins.kubernetes.annotations import AUTONAMED, propagation_policy, timeout_seconds
from engine.plugins.kubernetes.gvk import GroupVersionKind, gvk_of, gvk_of_token
from engine.plugins.kubernetes.kinds import built_in_is_namespaced, is_built_in, is_list, is_patch
from engine.plugins.kubernetes.managed_fields import Ownership, taken_over, without_ignored
from engine.plugins.kubernetes.names import Autonaming, adopt_name, assign_name, field_manager
from engine.plugins.kubernetes.previews import unknown_of_new
from engine.plugins.kubernetes.secret_marks import LAST_APPLIED, mark_secrets, redact
from engine.plugins.kubernetes.settings import Settings, read_settings
from engine.plugins.resource import ProviderError
from engine.plugins.values import UNKNOWN, Secret


def test_a_name_is_made_up_marked_and_kept() -> None:
    document: dict[str, Any] = {"metadata": {"labels": {"a": "b"}}}
    assign_name(document, "web", Autonaming())
    name = document["metadata"]["name"]
    assert name.startswith("web-")
    assert len(name.removeprefix("web-")) == 8
    assert int(name.removeprefix("web-"), 16) >= 0
    assert document["metadata"]["annotations"] == {AUTONAMED: "true"}

    later: dict[str, Any] = {}
    adopt_name(later, document)
    assert later["metadata"] == {"name": name, "annotations": {AUTONAMED: "true"}}


def test_a_seed_makes_the_same_name_again_and_no_seed_another() -> None:
    def named(seed: bytes) -> str:
        document: dict[str, Any] = {}
        assign_name(document, "web", Autonaming(seed=seed))
        return str(document["metadata"]["name"])

    assert named(b"one") == named(b"one") != named(b"two")
    assert named(b"") != named(b"")


def test_the_users_naming_settings_win() -> None:
    document: dict[str, Any] = {}
    assign_name(document, "web", Autonaming(proposed="prod-web"))
    assert document["metadata"]["name"] == "prod-web"
    with pytest.raises(ProviderError, match=r"metadata\.name"):
        assign_name({}, "web", Autonaming(disabled=True))


@pytest.mark.parametrize("metadata", [{"name": "given"}, {"name": UNKNOWN}, UNKNOWN, {"generateName": "x-"}])
def test_a_name_that_is_given_or_will_be_is_not_made_up(metadata: Any) -> None:
    document = {"metadata": metadata}
    assign_name(document, "web", Autonaming())
    adopt_name(document, {"metadata": {"name": "old", "annotations": {AUTONAMED: "true"}}})
    assert document == {"metadata": metadata} or metadata == {"generateName": "x-"}


def test_a_field_manager_is_the_annotations_the_states_or_new() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "mine"}}}
    assert field_manager(annotated, "kept") == "mine"
    assert field_manager({}, "kept") == "kept"
    assert field_manager({}).startswith("pulumi-kubernetes-")
    assert field_manager({}) != field_manager({})


def entry(manager: str, operation: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_only_our_own_earlier_fields_are_taken_over() -> None:
    ours = entry("me", "Update", {"f:data": {"f:a": {}}})
    applied = entry("me", "Apply", {"f:data": {"f:b": {}}})
    label = entry("kubectl-label", "Update", {"f:metadata": {}})
    scale = entry("me", "Update", {"f:spec": {}}, subresource="scale")
    live = {"metadata": {"managedFields": [ours, label, applied, scale]}}

    taken = taken_over(live, Ownership("me"))

    assert taken == [label, scale, entry("me", "Apply", {"f:data": {"f:a": {}, "f:b": {}}})]
    assert taken_over({"metadata": {"managedFields": taken}}, Ownership("me")) is None


@pytest.mark.parametrize(
    ("ownership", "names"),
    [
        (Ownership("me"), {"kubectl-client-side-apply", "pulumi-kubernetes"}),
        (Ownership("me", former="before"), {"kubectl-client-side-apply", "pulumi-kubernetes", "before"}),
        (Ownership("me", former="before", patch=True), {"before"}),
    ],
)
def test_a_patch_takes_nothing_over_from_kubectl(ownership: Ownership, names: set[str]) -> None:
    entries = [
        entry("kubectl-client-side-apply", "Update", {}),
        entry("pulumi-kubernetes", "Update", {}),
        entry("before", "Apply", {}),
        entry("others", "Apply", {}),
    ]
    taken = taken_over({"metadata": {"managedFields": entries}}, ownership)
    assert taken is not None
    left = {item["manager"] for item in taken} - {"me"}
    assert left == {item["manager"] for item in entries} - names


def test_ignored_fields_stay_with_their_owner() -> None:
    theirs = entry("others", "Update", {"f:spec": {"f:replicas": {}}})
    ours = entry("me", "Apply", {"f:spec": {"f:paused": {}}})
    live = {"spec": {"replicas": 5, "paused": True}, "metadata": {"managedFields": [theirs, ours]}}
    inputs = {"spec": {"replicas": 1, "paused": False}}
    assert without_ignored(inputs, live, ["spec.replicas", "spec.paused", "spec.none"], "me") == {
        "spec": {"paused": True}
    }
    assert inputs == {"spec": {"replicas": 1, "paused": False}}


def test_contents_of_a_secret_are_secret_even_if_nobody_said_so() -> None:
    annotations = {LAST_APPLIED: '{"data":…}', "a": "b"}
    made: dict[str, Any] = {"kind": "Secret", "data": {"a": "MQ=="}, "metadata": {"annotations": annotations}}
    outputs = mark_secrets(made, {})
    assert outputs["data"] == Secret({"a": "MQ=="})
    metadata = outputs["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["annotations"] == {LAST_APPLIED: Secret('{"data":…}'), "a": "b"}


def test_what_is_secret_in_the_inputs_is_in_the_outputs_and_lists_as_a_whole() -> None:
    given: dict[str, Any] = {"spec": {"env": [{"value": Secret("x")}], "image": "i", "key": Secret("k")}}
    outputs = mark_secrets({"spec": {"env": [{"value": "x", "d": 1}], "image": "i", "key": "k", "z": 1}}, given)
    assert outputs == {"spec": {"env": Secret([{"value": "x", "d": 1}]), "image": "i", "key": Secret("k"), "z": 1}}


def test_no_form_of_a_secret_stays_in_a_message_and_other_text_does() -> None:
    document = json.dumps({"auths": {"r.test": {"password": "swordfish"}}})
    encoded = base64.b64encode(document.encode()).decode()
    inputs: dict[str, Any] = {"data": Secret({".dockerconfigjson": encoded}), "note": "ordinary"}
    for text in (document, encoded, "swordfish"):
        assert text not in redact(f"refused: {text}, ordinary", inputs)
    assert redact("refused: ordinary", inputs) == "refused: ordinary"


@pytest.mark.parametrize(
    ("token", "gvk"),
    [
        ("kubernetes:core/v1:Secret", GroupVersionKind("", "v1", "Secret")),
        ("kubernetes:apps/v1:Deployment", GroupVersionKind("apps", "v1", "Deployment")),
        ("kubernetes:cdi.kubevirt.io/v1beta1:DataVolume", GroupVersionKind("cdi.kubevirt.io", "v1beta1", "DataVolume")),
    ],
)
def test_a_token_says_the_kind(token: str, gvk: GroupVersionKind) -> None:
    assert gvk_of_token(token) == gvk
    assert gvk_of({"apiVersion": gvk.api_version, "kind": gvk.kind}, "") == gvk


def test_kinds_are_known_without_a_server() -> None:
    assert built_in_is_namespaced(GroupVersionKind("", "v1", "Namespace")) is False
    assert built_in_is_namespaced(GroupVersionKind("networking.k8s.io", "v1", "Ingress")) is True
    assert built_in_is_namespaced(GroupVersionKind("example.test", "v1", "Namespace")) is None
    assert not is_built_in(GroupVersionKind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot"))
    assert is_patch("kubernetes:core/v1:ServiceAccountPatch", "ServiceAccount")
    assert not is_patch("kubernetes:example.test/v1:JsonPatch", "JsonPatch")
    assert is_list(GroupVersionKind("", "v1", "SecretList"))


def test_settings_come_as_flags_texts_and_environment() -> None:
    settings = read_settings(
        {"enableSecretMutable": "true", "kubeClientSettings": '{"timeout": 7}', "kubeconfig": {"kind": "Config"}},
        {"PULUMI_K8S_DELETE_UNREACHABLE": "true", "PULUMI_K8S_ENABLE_SECRET_MUTABLE": "false"},
    )
    assert settings == Settings(
        kubeconfig='{"kind": "Config"}', enable_secret_mutable=True, delete_unreachable=True, timeout_seconds=7.0
    )
    for name, value in (("renderYamlToDirectory", "out"), ("strictMode", "true")):
        with pytest.raises(ProviderError, match=f"{name}: .*official plugin"):
            read_settings({name: value}, {})
    assert read_settings({"strictMode": "false"}, {}) == Settings()
    with pytest.raises(ProviderError, match="kubeClientSettings"):
        read_settings({"kubeClientSettings": "{"}, {})


def test_time_and_propagation_come_from_the_options_the_annotation_or_the_default() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "7"}}}
    assert timeout_seconds(annotated, 3.0, 600) == 3.0
    assert timeout_seconds(annotated, 0.0, 600) == 7.0
    assert timeout_seconds({}, 0.0, 600) == 600
    orphan = {"metadata": {"annotations": {"pulumi.com/deletionPropagationPolicy": "orphan"}}}
    assert propagation_policy(orphan) == "Orphan"
    assert propagation_policy({}) == "Foreground"


def test_what_a_dry_run_makes_up_is_unknown() -> None:
    spec = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 1, "nodePort": 30001}, {"port": 2}]}
    made = {"kind": "Service", "metadata": {"name": "s", "uid": "u", "managedFields": []}, "spec": spec}
    shown = unknown_of_new(made, {"spec": {"ports": [{"port": 1}, {"port": 2}]}})
    assert shown["metadata"] == {"name": "s", "uid": UNKNOWN}
    assert shown["spec"]["clusterIP"] is UNKNOWN
    assert shown["spec"]["ports"] == [{"port": 1, "nodePort": UNKNOWN}, {"port": 2}]
    fixed = unknown_of_new(made, {"spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 1, "nodePort": 30001}]}})
    assert fixed["spec"] == spec
