"""`Images` with a registry in the cluster: what a collection is told, and what a preview says of it."""

import json
from typing import Any

import pulumi
import pytest

from components.certificates import Certificates
from components.credentials import Credentials
from components.images import Images
from components.machine import Machine
from tests.unit.deployment_settings import NODES
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
REDIS = {"address": "10.0.0.9:6379", "password": "hush"}
S3 = {"replicas": 2, "storage": {"s3": {"bucket": "images"}}, "redis": REDIS}


def settings(deployment: dict[str, Any]) -> Settings:
    groups = {
        "nodes": NODES,
        "registry": {"kind": "deployment", "node": "a", "deployment": deployment},
        "accounts": [{"name": "ci"}],
        "cluster": {"kubeconfig_file": "kubeconfig"},
        "images": {"collection": {"when": "always"}},
    }
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})


def collection(deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> pulumi.Output[Any]:
    monkeypatch.setattr("components.deployed_outputs.deployed_outputs", dict)
    monkeypatch.setattr("components.images.reader", lambda _: lambda _path: KUBECONFIG)
    loaded = settings(deployment)
    machines = {name: Machine(name, Connection(f"10.0.0.{at}", KEY)) for at, name in enumerate("ab", 1)}
    images = Images(loaded, machines)
    certificates = Certificates("certificate", loaded.registry.certificate, ["registry.test"])
    credentials = Credentials("credentials", loaded.accounts)
    images.register(certificates, certificates, credentials)
    assert images.collected is not None
    return images.collected.report


KUBECONFIG = json.dumps(
    {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": "https://10.0.0.8:6443"}}],
        "users": [{"name": "me", "user": {"token": "hush-hush"}}],
    }
)


@pulumi.runtime.test
def test_with_shared_storage_a_preview_says_that_no_pull_is_interrupted(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        inputs = recorder.registrations["garbage-collection"].inputs
        plain = json.dumps({key: value for key, value in inputs.items() if key not in ("access", "way")})
        assert "no pull is interrupted" in plain
        assert "hush" not in plain
        (found,) = recorder.of_type("images:GarbageCollection").values()
        assert found["place"] == {"kind": "deployment", "namespace": "registry", "name": "registry"}
        assert found["way"]["value"]["cluster"]["kubeconfig"]
        assert found["way"]["value"]["cache"]["password"] == "hush"

    return collection(S3, monkeypatch).apply(check)


@pulumi.runtime.test
def test_with_a_claim_for_one_node_it_says_for_how_long(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        (found,) = recorder.of_type("images:GarbageCollection").values()
        assert "pulls fail for about 6 s" in found["expected"]
        assert "cache" not in found["way"]["value"]

    return collection({}, monkeypatch).apply(check)
