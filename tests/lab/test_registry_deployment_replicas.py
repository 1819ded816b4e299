"""Two replicas on S3 and Redis, made through a node's SSH connection: no pull fails in a roll-out or a collection."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.lab.cluster_access import ClusterAccess
from tests.lab.deployed_collection import LAYER, DeployedCollection
from tests.lab.deployment_access import PODS, DeployedRegistry, deployed_stack
from tests.lab.redis_server import PASSWORD, RedisServer
from tests.lab.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

BUCKET = "a-replicas"
PORT = 30525
ADDRESS = f"10.89.0.12:{PORT}"
REPOSITORY = "team/hello:1"


@pytest.fixture(scope="module")
def replicas(
    cluster: ClusterAccess, s3: S3Server, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DeployedRegistry, str]]:
    """A stack whose registry is in a namespace that was there; with its name."""
    folder = tmp_path_factory.mktemp("replicas")
    stack = deployed_stack(cluster, folder, PORT)
    s3.create_bucket(BUCKET)
    with cluster.namespace() as namespace:
        bucket = {"bucket": BUCKET, "endpoint": s3.url, "region": s3.region, "path_style": True}
        deployment = {
            **PODS,
            "drain": {"wait_seconds": 5, "timeout_seconds": 10},
            "namespace": namespace,
            "create_namespace": False,
            "replicas": 2,
            "node_selector": {"kubernetes.io/hostname": "node-2"},
            "storage": {"s3": bucket},
            "redis": {"address": redis.address},
            "exposure": {"port": PORT},
        }
        stack.configure(
            nodes={**stack.settings["nodes"], "members": {"node-2": {"address": cluster.lab.nodes["node-2"]}}},
            registry={"kind": "deployment", "access": "ssh", "deployment": deployment},
            cluster={"kubeconfig_file": "kubeconfig", "access": "ssh"},
        )
        stack.set_secret("registry.deployment.storage.s3.access_key", ACCESS_KEY)
        stack.set_secret("registry.deployment.storage.s3.secret_key", SECRET_KEY)
        stack.set_secret("registry.deployment.redis.password", PASSWORD)
        try:
            stack.up().ok()
            yield DeployedRegistry(cluster, stack, ADDRESS, folder / "clients"), namespace
        finally:
            stack.destroy("--run-program", "--continue-on-error").ok()
    s3.delete_bucket(BUCKET)


def test_no_pull_fails_while_two_replicas_are_rolled_out(
    replicas: tuple[DeployedRegistry, str], s3: S3Server, redis: RedisServer
) -> None:
    registry, namespace = replicas
    stack = registry.stack
    shell = registry.clients()
    shell.crane("push", str(registry.lab.image_archive("hello")), f"{ADDRESS}/{REPOSITORY}").check()
    before = registry.replica_sets(namespace)

    stack.change("registry", log={"level": "warn"})
    with registry.pulling(shell, REPOSITORY) as pulls:
        stack.up().ok()

    assert pulls.failures == []
    assert pulls.done > 5
    assert len(registry.replica_sets(namespace) - before) == 1
    assert registry.cluster.get("poddisruptionbudgets", "-n", namespace)["items"]
    assert any(key.endswith("/data") for key in s3.keys(BUCKET))
    assert redis.stored()
    stack.preview("--expect-no-changes").ok()
    stored = json.dumps(stack.export())
    assert SECRET_KEY not in stored
    assert PASSWORD not in stored
    assert "client-key-data" not in stored


def test_no_pull_fails_while_an_image_is_deleted_and_swept(
    replicas: tuple[DeployedRegistry, str], s3: S3Server, redis: RedisServer
) -> None:
    registry, namespace = replicas
    stack, swept = registry.stack, DeployedCollection(registry, namespace)
    shell = registry.clients()
    shell.crane("push", str(registry.lab.image_archive("hello")), f"{ADDRESS}/{REPOSITORY}").check()
    asyncio.run(swept.fill("app", delete=False))
    kept, before = swept.kept(), registry.replica_sets(namespace)
    redis.command("SET", "somebody-elses", "1")
    stack.configure(images={"retention": {"policies": [{"repositories": "app", "keep_tags": ["2"]}]}})
    assert "no pull is interrupted" in stack.preview().ok().output

    with registry.pulling(shell, REPOSITORY) as pulls:
        stack.up().ok()

    assert pulls.failures == []
    assert pulls.done > 5
    assert stack.outputs()["images"]["collected"]["blobs"] >= 3
    assert len(LAYER) not in s3.keys(BUCKET).values()
    assert "somebody-elses" in redis.stored()
    assert swept.kept() == kept
    assert len(registry.replica_sets(namespace) - before) == 1
    stack.preview("--expect-no-changes").ok()
    asyncio.run(swept.serves("app"))
