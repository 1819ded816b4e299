"""Inputs as they go on, and those that are refused."""

from typing import Any

import pytest

from engine.plugins.kubernetes.check import check_inputs
from engine.plugins.kubernetes.gvk import GroupVersionKind
from engine.plugins.kubernetes.kinds import built_in_is_namespaced
from engine.plugins.kubernetes.names import Autonaming
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.settings import Settings
from engine.plugins.resource import Call, ProviderError
from engine.plugins.values import Secret


class Said:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, _severity: str, message: str, **_: Any) -> None:
        self.texts.append(message)


class Cluster:
    """As much of a cluster as `check` needs."""

    unreachable_reason = ""
    default_namespace = "team"

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)

    def to_announce(self) -> str:
        return self.unreachable_reason

    def is_namespaced(self, gvk: GroupVersionKind) -> bool:
        return built_in_is_namespaced(gvk) is not False


def check(token: str, inputs: dict[str, Any], **settings: Any) -> dict[str, Any]:
    operation = Operation(Call(f"urn:pulumi:s::p::{token}::n", "n", Said()), token, Cluster(**settings))  # type: ignore[arg-type]
    return check_inputs(operation, {}, inputs, Autonaming()).inputs


def test_an_object_is_put_into_the_providers_namespace_if_it_can_be() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": Secret({"a": "b"})}
    checked = check("kubernetes:core/v1:Secret", secret)
    assert checked["metadata"] == {"name": "s", "namespace": "team"}
    assert checked["data"] == Secret({"a": "Yg=="})
    assert "stringData" not in checked
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    assert check("kubernetes:core/v1:Namespace", space)["metadata"] == {"name": "x"}


@pytest.mark.parametrize(
    ("token", "inputs", "settings", "reason"),
    [
        ("kubernetes:core/v1:SecretList", {"apiVersion": "v1", "kind": "SecretList", "items": []}, {}, "lists exist"),
        ("kubernetes:core/v1:PodPatch", {"apiVersion": "v1", "kind": "Pod", "metadata": {}}, {}, "metadata.name"),
        (
            "kubernetes:core/v1:Pod",
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a"}},
            {},
            "generateName",
        ),
        (
            "kubernetes:core/v1:Pod",
            {"apiVersion": "v1", "kind": "Pod"},
            {"enable_server_side_apply": False},
            "official",
        ),
    ],
)
def test_inputs_that_cannot_be_an_object_are_refused(
    token: str, inputs: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ProviderError, match=reason):
        check(token, inputs, **settings)
