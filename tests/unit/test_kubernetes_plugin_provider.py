"""The provider's own configuration over gRPC: what is refused, what replaces, and how objects get their names."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from engine.plugins.kubernetes.package import KubernetesPackage
from engine.plugins.kubernetes.provider_changes import replacing_settings
from engine.plugins.kubernetes.servicer import KubernetesServicer
from engine.plugins.proto import provider_pb2, provider_pb2_grpc
from engine.plugins.serve import Server
from engine.plugins.values import UNKNOWN, Secret, decode, encode


def kubeconfig(server: str, token: str = "t") -> str:
    document = {
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": token}}],
    }
    return json.dumps(document)


HERE, THERE = kubeconfig("https://127.0.0.1:1"), kubeconfig("https://127.0.0.1:2")


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": HERE}, {"kubeconfig": THERE}, ["kubeconfig"]),
        ({"kubeconfig": HERE}, {"kubeconfig": kubeconfig("https://127.0.0.1:1", "rotated")}, []),
        ({"kubeconfig": Secret(HERE)}, {"kubeconfig": HERE}, []),
        ({"kubeconfig": HERE}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        ({"kubeconfig": HERE, "clusterIdentifier": "a"}, {"kubeconfig": THERE, "clusterIdentifier": "a"}, []),
        (
            {"kubeconfig": HERE, "clusterIdentifier": "a"},
            {"kubeconfig": HERE, "clusterIdentifier": "b"},
            ["clusterIdentifier"],
        ),
        ({"kubeconfig": HERE}, {"kubeconfig": HERE, "namespace": "x"}, []),
        ({"kubeconfig": "{}"}, {"kubeconfig": HERE}, []),
    ],
)
def test_only_another_cluster_replaces(old: dict[str, Any], new: dict[str, Any], replaces: list[str]) -> None:
    assert replacing_settings(old, new, {}) == replaces


@pytest.fixture
def stub() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    server = Server(KubernetesPackage(), "", KubernetesServicer)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop()


def test_a_setting_that_is_not_provided_is_a_failure_of_the_check(stub: Any) -> None:
    answer = stub.CheckConfig(provider_pb2.CheckRequest(news=encode({"renderYamlToDirectory": "out"})))
    assert "official plugin" in answer.failures[0].reason
    assert not stub.CheckConfig(provider_pb2.CheckRequest(news=encode({"namespace": "x"}))).failures


def test_another_cluster_is_a_replacement_of_the_provider(stub: Any) -> None:
    request = provider_pb2.DiffRequest(old_inputs=encode({"kubeconfig": HERE}), news=encode({"kubeconfig": THERE}))
    answer = stub.DiffConfig(request)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == ["kubeconfig"]


def test_names_follow_the_engine(stub: Any) -> None:
    assert stub.Configure(
        provider_pb2.ConfigureRequest(args=encode({"kubeconfig": HERE}))
    ).supports_autonaming_configuration
    inputs = {"apiVersion": "v1", "kind": "ConfigMap"}

    def check(**more: Any) -> str:
        urn = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::settings"
        answer = stub.Check(provider_pb2.CheckRequest(urn=urn, news=encode(inputs), **more))
        name = decode(answer.inputs)["metadata"]["name"]  # type: ignore[call-overload,index]
        assert isinstance(name, str)
        return name

    assert check(randomSeed=b"one") == check(randomSeed=b"one") != check(randomSeed=b"two")
    options = provider_pb2.CheckRequest.AutonamingOptions
    assert check(autonaming=options(proposed_name="prod", mode=options.PROPOSE)) == "prod"
    with pytest.raises(grpc.RpcError, match="automatic naming is disabled"):
        check(autonaming=options(mode=options.DISABLE))
