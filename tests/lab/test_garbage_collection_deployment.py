"""Collections of a registry in the cluster: a node's folder with one replica; two replicas on S3 and Redis."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.deployment_access import PODS, DeployedRegistry, deployed_stack
from tests.lab.redis_server import PASSWORD, RedisServer
from tests.lab.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.lab.stack_workspace import CHECKOUT
from tests.lab.test_garbage_collection_program import by_hand
from tests.lab.test_registry_client_collection import pulls_completely
from tests.lab.test_registry_client_real import push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.write_lock import VARIABLE, holder_of
from towpath.registry_client import manifest

FOLDER = "/data/g-collected"
PULLED = "team/hello:1"
VOLUME_PORT, SHARED_PORT = 30561, 30562
BUCKET = "g-collected"
LAYER = b"a layer that nobody else has" * 20000


@dataclass(frozen=True)
class Collected:
    """A registry in a namespace, by the way of its clients and by that of a collection."""

    registry: DeployedRegistry
    namespace: str

    @property
    def access(self) -> RegistryAccess:
        outputs = self.registry.stack.outputs()
        login, found = outputs["credentials"]["ci"], outputs["registry"]
        return RegistryAccess(found["host"], login["username"], login["password"], found["ca_pem"])

    def deployment(self) -> dict[str, Any]:
        return self.registry.cluster.get("deployment", "registry", "-n", self.namespace)

    def kept(self) -> tuple[Any, ...]:
        """Return what a collection must leave as it was, and that it leaves nothing."""
        cluster, live = self.registry.cluster, self.deployment()
        secret = cluster.get("secret", "registry-config", "-n", self.namespace)
        left = [cluster.get(kind, "-n", self.namespace)["items"] for kind in ("jobs", "leases")]
        return live["spec"], holder_of(live), secret["data"], secret["metadata"]["resourceVersion"], left

    async def fill(self, repository: str) -> None:
        """Push two images, and delete the first."""
        async with self.access.session() as session:
            image = await push_image(session, repository, repository, LAYER, "1")
            await push_image(session, repository, "arm64", b"kept" * 20000, "2")
            await manifest.delete(session, repository, image.digest)

    async def serves(self, repository: str) -> None:
        """Push the deleted image again and pull both."""
        async with self.access.session() as session:
            await push_image(session, repository, repository, LAYER, "1")
            for label in ("1", "2"):
                await pulls_completely(session, repository, label)

    def killed_while_read_only(self) -> None:
        """Begin a collection, and kill its client as soon as the registry is to be read-only."""
        stack = self.registry.stack
        command = [sys.executable, "-m", "towpath", "images", "collect", "-s", stack.stack]
        environment = {**stack.environment, "PYTHONPATH": str(CHECKOUT)}
        with subprocess.Popen(command, cwd=stack.folder, env=environment, start_new_session=True) as process:
            deadline = time.monotonic() + 180
            while holder_of(self.deployment()) is None:
                assert process.poll() is None, "it ended before it was killed"
                assert time.monotonic() < deadline
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGKILL)

    def collect(self, *arguments: str) -> str:
        return by_hand(self.registry.stack, *arguments)


@contextmanager
def running(
    cluster: ClusterAccess, folder: Path, port: int, deployment: dict[str, Any], secrets: dict[str, str], node: str
) -> Iterator[Collected]:
    stack = deployed_stack(cluster, folder, port)
    with cluster.namespace() as namespace:
        rendered = {
            **PODS,
            "namespace": namespace,
            "create_namespace": False,
            "exposure": {"port": port},
            **deployment,
        }
        stack.configure(
            nodes={**stack.settings["nodes"], "members": {node: {"address": cluster.lab.nodes[node]}}},
            registry={"kind": "deployment", "access": "ssh", "deployment": rendered},
            cluster={"kubeconfig_file": "kubeconfig", "access": "ssh"},
        )
        for key, value in secrets.items():
            stack.set_secret(f"registry.deployment.{key}", value)
        address = f"{cluster.lab.nodes[node]}:{port}"
        try:
            stack.up().ok()
            yield Collected(DeployedRegistry(cluster, stack, address, folder / "clients"), namespace)
        finally:
            stack.destroy("--run-program", "--continue-on-error").ok()


@pytest.fixture(scope="module")
def on_a_folder(cluster: ClusterAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    folder = tmp_path_factory.mktemp("folder")
    storage = {"storage": {"volume": {"node": "node-1", "folder": FOLDER}}}
    with running(cluster, folder, VOLUME_PORT, storage, {}, "node-1") as found:
        yield found
    cluster.lab.run("node-1", f"rm -rf {FOLDER}").check()


@pytest.fixture
def on_s3(cluster: ClusterAccess, s3: S3Server, redis: RedisServer, tmp_path: Path) -> Iterator[Collected]:
    s3.create_bucket(BUCKET)
    bucket = {"bucket": BUCKET, "endpoint": s3.url, "region": s3.region, "path_style": True}
    deployment = {"replicas": 2, "storage": {"s3": bucket}, "redis": {"address": redis.address}}
    secrets = {
        "storage.s3.access_key": ACCESS_KEY,
        "storage.s3.secret_key": SECRET_KEY,
        "redis.password": PASSWORD,
    }
    with running(cluster, tmp_path, SHARED_PORT, deployment, secrets, "node-2") as found:
        yield found
    s3.delete_bucket(BUCKET)


def test_a_folder_is_swept_and_the_same_image_can_be_pushed_again(on_a_folder: Collected) -> None:
    lab = on_a_folder.registry.lab
    asyncio.run(on_a_folder.fill("app"))
    kept, weighed = on_a_folder.kept(), f"find {FOLDER} -type f -printf '%p %s %T@\\n' | sort"
    stored = lab.run("node-1", weighed).check().stdout
    assert on_a_folder.collect("--dry-run").startswith("would sweep: ")
    assert lab.run("node-1", weighed).check().stdout == stored

    assert on_a_folder.collect().startswith("swept: ")

    assert on_a_folder.kept() == kept
    assert str(len(LAYER)) not in lab.run("node-1", f"find {FOLDER} -type f -printf '%s\\n'").check().stdout.split()
    asyncio.run(on_a_folder.serves("app"))
    on_a_folder.registry.stack.preview("--expect-no-changes").ok()
    on_a_folder.registry.stack.refresh("--expect-no-changes").ok()


def test_with_nothing_to_free_no_pod_is_replaced(on_a_folder: Collected) -> None:
    on_a_folder.collect()
    generation = on_a_folder.deployment()["metadata"]["generation"]
    assert on_a_folder.collect() == "nothing to free, the registry was not touched\n"
    assert on_a_folder.deployment()["metadata"]["generation"] == generation


def test_after_a_killed_client_the_next_collection_restores_and_sweeps(on_a_folder: Collected) -> None:
    asyncio.run(on_a_folder.fill("killed"))
    kept = on_a_folder.kept()
    on_a_folder.killed_while_read_only()
    assert VARIABLE in json.dumps(on_a_folder.deployment()["spec"])

    assert on_a_folder.collect().startswith("swept: ")

    assert on_a_folder.kept() == kept
    asyncio.run(on_a_folder.serves("killed"))


def test_after_a_killed_client_the_next_up_restores(on_a_folder: Collected) -> None:
    asyncio.run(on_a_folder.fill("killed-before-up"))
    kept = on_a_folder.kept()
    on_a_folder.killed_while_read_only()

    assert "takes writes again" in on_a_folder.registry.stack.up().ok().output

    assert on_a_folder.kept() == kept
    asyncio.run(on_a_folder.serves("killed-before-up"))


def test_no_pull_fails_while_two_replicas_on_s3_are_swept(on_s3: Collected, s3: S3Server, redis: RedisServer) -> None:
    registry = on_s3.registry
    shell = registry.clients()
    shell.crane("push", str(registry.lab.image_archive("hello")), f"{registry.address}/{PULLED}").check()
    asyncio.run(on_s3.fill("app"))
    kept = on_s3.kept()
    redis.command("SET", "somebody-elses", "1")

    with registry.pulling(shell, PULLED) as pulls:
        assert on_s3.collect().startswith("swept: ")

    assert pulls.failures == []
    assert pulls.done > 5
    assert len(LAYER) not in s3.keys(BUCKET).values()
    assert "somebody-elses" in redis.stored()
    assert on_s3.kept() == kept
    until(lambda: on_s3.deployment()["status"].get("availableReplicas") == 2, "both replicas are there")
    asyncio.run(on_s3.serves("app"))
    registry.stack.preview("--expect-no-changes").ok()
