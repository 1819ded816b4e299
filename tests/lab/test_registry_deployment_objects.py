"""Every way of exposing and storing is accepted by a real API server, with no field that it does not know."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.cluster_access import ClusterAccess
from tests.unit.deployment_settings import S3, stack
from towpath.registry.deployment.exposure import ingress, network_policy, service
from towpath.registry.deployment.secrets import SECRETS, secret
from towpath.registry.deployment.storage import persistent_volume, persistent_volume_claim
from towpath.registry.deployment.workload import disruption_budget, workload

if TYPE_CHECKING:
    from towpath.registry.deployment.naming import Manifest

CASES: dict[str, dict[str, Any]] = {
    "claim": {"storage": {"claim": {"storage_class": "", "volume_name": "v", "match_labels": {"tier": "a"}}}},
    "volume": {"storage": {"volume": {"node": "a", "folder": "/data/a-registry"}}, "exposure": {"port": 32767}},
    "s3": {
        "replicas": 3,
        "storage": {"s3": {**S3, "ca_pem": "PEM"}},
        "redis": {"address": "redis.test:6379", "tls_ca_pem": "PEM"},
        "exposure": {
            "kind": "load-balancer",
            "load_balancer_class": "test.dev/lb",
            "service_annotations": {"a/b": "c"},
        },
        "network_policy": {"from_cidrs": ["10.0.0.0/8"]},
        "service_account": "with-a-role",
        "priority_class": "important",
        "image_pull_secrets": ["regcred"],
        "node_selector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoExecute", "seconds": 60}],
    },
    "ingress": {"exposure": {"kind": "ingress", "ingress_class": "public", "ingress_tls": "terminate"}},
}


@pytest.mark.parametrize("case", CASES)
def test_the_api_server_takes_what_is_rendered(cluster: ClusterAccess, case: str) -> None:
    settings = stack({"namespace": "default", "name": f"a-{case}", **CASES[case]}, host="registry.test")
    deployment = settings.deployment
    assert deployment
    rendered: list[Manifest | None] = [
        workload(settings.registry, deployment, {"checksum.towpath.dev/config": "0"}),
        service(deployment),
        ingress(deployment, settings.registry_host),
        network_policy(deployment),
        disruption_budget(deployment),
        persistent_volume(deployment),
        persistent_volume_claim(deployment),
        *({**secret(deployment, kind), "stringData": {"tls.crt": "", "tls.key": ""}} for kind in SECRETS),
    ]
    items = [each for each in rendered if each]
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})

    taken = cluster.kubectl(
        "create", "--dry-run=server", "--validate=strict", "--filename", "-", stdin=document
    ).check()

    assert taken.stdout.count("created (server dry run)") == len(items)
