"""The objects of a registry in the cluster, as rendered: safe pods, the right strategy, secrets in Secrets only."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.deployment_settings import S3, stack
from towpath.registry.config import PODS, SERVED_BY, render_config
from towpath.registry.deployment.exposure import ingress, network_policy, service
from towpath.registry.deployment.secrets import SECRETS, DeploymentParts, checksum, contents, secret
from towpath.registry.deployment.storage import claim_name, persistent_volume, persistent_volume_claim
from towpath.registry.deployment.workload import disruption_budget, namespace, workload
from towpath.settings import Settings

PARTS = DeploymentParts("http-secret", "ci.1:hash\n", "CHAIN", "KEY", "CA")
RWX = {"claim": {"access_mode": "ReadWriteMany"}}
VOLUME = {"volume": {"node": "b", "folder": "/data/registry"}}


def pod(settings: Settings) -> dict[str, Any]:
    assert settings.deployment
    found: dict[str, Any] = workload(settings.registry, settings.deployment, {})["spec"]["template"]["spec"]
    return found


def config(settings: Settings) -> dict[str, Any]:
    assert settings.deployment
    text = contents(settings.registry, settings.deployment, PARTS)["config"]["config.yml"]
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_clients_can_tell_pods_from_a_container() -> None:
    settings = stack({"storage": VOLUME})
    assert config(settings)["http"]["headers"][SERVED_BY] == [PODS]
    assert SERVED_BY not in yaml.safe_load(render_config(settings.registry, "shh"))["http"]["headers"]


@pytest.mark.parametrize("storage", [{}, RWX, VOLUME, {"s3": S3}, {"existing_claim": "mine"}])
def test_a_pod_has_no_rights_to_give_away(storage: dict[str, Any]) -> None:
    spec = pod(stack({"storage": storage}, user="1234:5678"))
    container = spec["containers"][0]

    owning = {} if "volume" in storage else {"fsGroup": 5678, "fsGroupChangePolicy": "OnRootMismatch"}
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1234,
        "runAsGroup": 5678,
        "seccompProfile": {"type": "RuntimeDefault"},
        **owning,
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert not [entry for entry in container["env"] if entry["name"].startswith("REGISTRY_")]
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ([] if "s3" in storage else ["/var/lib/registry"])


def test_probes_speak_tls_to_what_needs_no_login() -> None:
    container = pod(stack())["containers"][0]

    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/", "port": "https", "scheme": "HTTPS"}
    restarts = container["livenessProbe"]["periodSeconds"] * container["livenessProbe"]["failureThreshold"]
    leaves = container["readinessProbe"]["periodSeconds"] * container["readinessProbe"]["failureThreshold"]
    assert leaves < 30 < restarts


@pytest.mark.parametrize(
    ("storage", "strategy"),
    [
        ({}, "Recreate"),
        ({"claim": {"access_mode": "ReadWriteOncePod"}}, "Recreate"),
        ({"existing_claim": "mine"}, "Recreate"),
        ({"existing_claim": "mine", "existing_claim_shared": True}, "RollingUpdate"),
        (RWX, "RollingUpdate"),
        (VOLUME, "RollingUpdate"),
        ({"s3": S3}, "RollingUpdate"),
    ],
)
def test_an_old_pod_goes_first_only_where_both_cannot_have_the_images(storage: dict[str, Any], strategy: str) -> None:
    settings = stack({"storage": storage})
    assert settings.deployment
    found = workload(settings.registry, settings.deployment, {})["spec"]["strategy"]

    assert found["type"] == strategy
    assert found.get("rollingUpdate", {"maxUnavailable": 0})["maxUnavailable"] == 0


@given(wait=st.integers(0, 300), timeout=st.integers(1, 3600))
def test_a_pod_is_given_the_time_that_its_drain_takes(wait: int, timeout: int) -> None:
    settings = stack({"drain": {"wait_seconds": wait, "timeout_seconds": timeout}})
    spec = pod(settings)

    assert spec["terminationGracePeriodSeconds"] > wait + timeout
    assert config(settings)["http"]["draintimeout"] == f"{timeout}s"
    assert spec["containers"][0].get("lifecycle") == ({"preStop": {"sleep": {"seconds": wait}}} if wait else None)


def test_replicas_share_what_they_cache_or_cache_nothing() -> None:
    two = {"replicas": 2, "storage": {"s3": S3}}

    assert "cache" not in config(stack(two))["storage"]
    assert config(stack({"storage": {"s3": S3}}))["storage"]["cache"] == {"blobdescriptor": "inmemory"}
    redis = {"address": "redis.test:6379", "password": "the-word", "database": 3, "tls_ca_pem": "PEM"}
    shared = config(stack({**two, "redis": redis}))
    assert shared["storage"]["cache"] == {"blobdescriptor": "redis"}
    assert shared["redis"] == {
        "addrs": ["redis.test:6379"],
        "db": 3,
        "password": "the-word",
        "tls": {"rootcas": ["/certs/redis-ca.pem"]},
    }


def test_s3_is_told_as_its_driver_reads_it() -> None:
    storage = config(stack({"storage": {"s3": {**S3, "path_style": True, "ca_pem": "PEM"}}}))["storage"]

    assert storage["s3"] == {
        "region": "us-east-1",
        "bucket": "images",
        "forcepathstyle": True,
        "chunksize": 10 * 1024 * 1024,
        "encrypt": False,
        "regionendpoint": "https://s3.test",
        "secure": True,
        "accesskey": "the-key",
        "secretkey": "the-secret",
    }
    assert storage["redirect"] == {"disable": True}
    assert "filesystem" not in storage


def test_own_cas_are_in_folders_of_their_own() -> None:
    spec = pod(stack({"storage": {"s3": {**S3, "ca_pem": "PEM"}}}))
    container = spec["containers"][0]

    assert {"name": "SSL_CERT_DIR", "value": "/etc/ssl/certs:/etc/ssl/s3"} in container["env"]
    trust = next(volume for volume in spec["volumes"] if volume["name"] == "s3-trust")
    assert trust["secret"]["items"] == [{"key": "s3-ca.pem", "path": "s3-ca.pem"}]


def test_a_volume_stays_on_its_node_and_outlives_its_claim() -> None:
    settings = stack({"storage": VOLUME, "namespace": "team"})
    assert settings.deployment
    volume, claim = persistent_volume(settings.deployment), persistent_volume_claim(settings.deployment)
    assert volume
    assert claim

    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["spec"]["local"] == {"path": "/data/registry"}
    terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["b"]
    assert volume["spec"]["claimRef"] == {"namespace": "team", "name": claim["metadata"]["name"]}
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["storageClassName"] == claim["spec"]["storageClassName"] == ""


def test_claims_are_as_asked_for() -> None:
    written = {"size": "5Gi", "storage_class": "fast", "volume_name": "v", "match_labels": {"tier": "a"}}
    settings = stack({"storage": {"claim": written}})
    assert settings.deployment
    claim = persistent_volume_claim(settings.deployment)
    assert claim

    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
        "volumeName": "v",
        "selector": {"matchLabels": {"tier": "a"}},
    }
    for storage, name in (({"existing_claim": "mine"}, "mine"), ({"s3": S3}, None)):
        loaded = stack({"storage": storage}).deployment
        assert loaded
        assert persistent_volume_claim(loaded) is None
        assert claim_name(loaded) == name


def test_a_budget_comes_with_replicas() -> None:
    one, two = stack().deployment, stack({"replicas": 2, "storage": RWX}).deployment
    assert one
    assert two
    budget = disruption_budget(two)

    assert disruption_budget(one) is None
    assert budget
    assert budget["spec"]["maxUnavailable"] == 1


def test_a_service_has_the_port_that_clients_use() -> None:
    node_port = service(_of({"exposure": {"port": 30999}}))["spec"]
    balanced = service(_of({"exposure": {"kind": "load-balancer", "address": "10.9.9.9"}}))["spec"]

    assert node_port["type"] == "NodePort"
    assert (node_port["ports"][0]["port"], node_port["ports"][0]["nodePort"]) == (30999, 30999)
    assert balanced["type"] == "LoadBalancer"
    assert balanced["ports"][0]["port"] == 443
    assert "nodePort" not in balanced["ports"][0]


@pytest.mark.parametrize("tls", ["passthrough", "terminate"])
def test_tls_goes_on_to_the_pods_behind_an_ingress(tls: str) -> None:
    exposure = {"kind": "ingress", "ingress_tls": tls, "ingress_class": "public"}
    made = ingress(_of({"exposure": exposure}, host="registry.test"), "registry.test")
    assert made
    annotations, prefix = made["metadata"]["annotations"], "nginx.ingress.kubernetes.io"

    assert annotations[f"{prefix}/backend-protocol"] == "HTTPS"
    assert (annotations.get(f"{prefix}/ssl-passthrough") == "true") is (tls == "passthrough")
    assert (annotations.get(f"{prefix}/proxy-ssl-verify") == "on") is (tls == "terminate")
    assert made["spec"]["tls"] == [{"hosts": ["registry.test"], "secretName": "registry-tls"}]
    assert made["spec"]["ingressClassName"] == "public"


def test_a_network_policy_opens_one_port() -> None:
    closed = network_policy(_of({"network_policy": {"from_cidrs": ["10.0.0.0/8"]}}))
    assert closed

    assert closed["spec"]["ingress"] == [
        {"ports": [{"protocol": "TCP", "port": 5000}], "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    ]
    assert network_policy(_of({})) is None


def test_every_object_is_in_the_namespace_with_its_labels() -> None:
    settings = stack({"namespace": "team", "name": "images"})
    deployment = settings.deployment
    assert deployment
    objects = [workload(settings.registry, deployment, {}), service(deployment)]
    objects += [secret(deployment, kind) for kind in SECRETS]

    assert {each["metadata"]["namespace"] for each in objects} == {"team"}
    assert {each["metadata"]["labels"]["app.kubernetes.io/managed-by"] for each in objects} == {"towpath"}
    made = namespace(deployment)
    assert made
    assert made["metadata"]["name"] == "team"
    existing = stack({"create_namespace": False}).deployment
    assert existing
    assert namespace(existing) is None


def test_secrets_are_in_secrets_only() -> None:
    redis = {"address": "redis.test:6379", "password": "the-word"}
    settings = stack({"storage": {"s3": S3}, "redis": redis})
    assert settings.deployment
    shown = json.dumps(workload(settings.registry, settings.deployment, {}))
    kept = json.dumps(contents(settings.registry, settings.deployment, PARTS))

    for text in ("http-secret", "ci.1:hash", "the-key", "the-secret", "the-word"):
        assert text in kept
        assert text not in shown


@given(files=st.dictionaries(st.text(), st.text(), min_size=1), name=st.text(), text=st.text())
def test_a_checksum_changes_exactly_with_its_files(files: dict[str, str], name: str, text: str) -> None:
    other = {**files, name: text}

    assert (checksum(other, "salt") == checksum(files, "salt")) is (other == files)
    assert checksum(dict(reversed(files.items())), "salt") == checksum(files, "salt")
    assert checksum(files, "salt") != checksum(files, "another")


def _of(deployment: dict[str, Any], **registry: Any) -> Any:
    return stack(deployment, **registry).deployment
