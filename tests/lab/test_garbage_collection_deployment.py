"""Collections of a registry in the cluster on a claim of one node: what users feel, and what goes wrong in the middle.

Two replicas on S3 are collected in `test_registry_deployment_replicas`, a node's folder in `test_registry_deployment`.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.deployed_collection import LAYER, DeployedCollection
from tests.lab.deployment_access import PODS, DeployedRegistry, deployed_stack
from towpath.images.collection import deployment_site
from towpath.images.collection.collector_job import COLLECTOR, collector_job
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.write_lock import VARIABLE

PORT = 30561
ENDED_AT_ONCE = ("--grace-period=0", "--force", "--wait=false")


@pytest.fixture(scope="module")
def deployed(cluster: ClusterAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedCollection]:
    folder = tmp_path_factory.mktemp("collected")
    stack = deployed_stack(cluster, folder, PORT)
    with cluster.namespace() as namespace:
        deployment = {
            **PODS,
            "namespace": namespace,
            "create_namespace": False,
            "exposure": {"port": PORT},
            "storage": {"claim": {"size": "1Gi", "keep": False}},
            "node_selector": {"kubernetes.io/hostname": "node-1"},
        }
        node = {"node-1": {"address": cluster.lab.nodes["node-1"]}}
        stack.configure(
            nodes={**stack.settings["nodes"], "setup": {"proxy": False}, "members": node},
            registry={"kind": "deployment", "deployment": deployment},
        )
        address = f"{cluster.lab.nodes['node-1']}:{PORT}"
        try:
            stack.up().ok()
            yield DeployedCollection(DeployedRegistry(cluster, stack, address, folder / "clients"), namespace)
        finally:
            stack.destroy("--continue-on-error").ok()


def stored(deployed: DeployedCollection, form: str) -> str:
    """List the files of the claim's volume on their node."""
    cluster = deployed.registry.cluster
    claim = cluster.get("pvc", "registry-images", "-n", deployed.namespace)
    volume = cluster.get("pv", claim["spec"]["volumeName"])["spec"]
    (term,) = volume["nodeAffinity"]["required"]["nodeSelectorTerms"]
    node = term["matchExpressions"][0]["values"][0]
    listing = f"find {volume['local']['path']} -type f -printf '{form}\\n' | sort"
    return deployed.registry.lab.run(node, listing).check().stdout


def test_a_dry_run_writes_nothing_and_a_collection_changes_nothing_but_the_storage(
    deployed: DeployedCollection,
) -> None:
    asyncio.run(deployed.fill("app"))
    kept, pods, files = deployed.kept(), deployed.pods(), stored(deployed, "%p %s %T@ %C@")
    assert deployed.collect("--dry-run").startswith("would sweep: ")
    assert (stored(deployed, "%p %s %T@ %C@"), deployed.pods()) == (files, pods)

    done, pulls = asyncio.run(deployed.collected_while_pulled("app"))

    assert done.touched
    assert pulls.good[1:]
    assert str(len(LAYER)) not in stored(deployed, "%s").split()
    assert deployed.kept() == kept
    asyncio.run(deployed.serves("app"))
    swept = deployed.pods()
    assert swept != pods
    assert not asyncio.run(deployed.collected()).touched
    assert deployed.pods() == swept
    deployed.registry.stack.pulumi("preview", "--refresh", "--expect-no-changes", "-s", "test-30561").ok()
    without = f"none for {pulls.seconds_without:.1f} s"
    sys.stdout.write(f"{pulls.failed} failed, {len(pulls.good) - 1} did not, {without}; {done.lines[-1]}\n")


def test_pods_that_die_in_the_middle_of_a_sweep_are_an_error_and_the_registry_takes_writes_again(
    deployed: DeployedCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sweeps here is a server that never ends, so that it is there to be killed."""
    asyncio.run(deployed.fill("dying"))
    kept, cluster, sweeping = deployed.kept(), deployed.registry.cluster, asyncio.Event()

    def endless(*given: Any, dry_run: bool, **more: Any) -> dict[str, Any]:
        job = collector_job(*given, dry_run=dry_run, **more)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        if not dry_run:
            container["args"] = ["serve", container["args"][-1]]
        return job

    def running() -> bool:
        pods = cluster.get("pods", "-n", deployed.namespace, "-l", f"{COLLECTOR}=registry")["items"]
        return [pod["status"]["phase"] for pod in pods] == ["Running"]

    def kill_pods() -> None:
        until(running, "the collector runs")
        for label in (f"{COLLECTOR}=registry", "app.kubernetes.io/name=registry"):
            cluster.kubectl("delete", "pods", "-n", deployed.namespace, "-l", label, *ENDED_AT_ONCE).check()

    async def kill() -> None:
        await sweeping.wait()
        await asyncio.to_thread(kill_pods)

    async def collected() -> str:
        with pytest.raises(CollectionError) as caught:
            await deployed.collected(lambda step: sweeping.set() if step == "mark and sweep" else None)
        return str(caught.value)

    async def both() -> str:
        said, _ = await asyncio.gather(collected(), kill())
        return said

    monkeypatch.setattr(deployment_site, "collector_job", endless)
    said = asyncio.run(both())

    assert said.startswith("failed: mark and sweep: ")
    assert "may still be read-only" not in said
    assert deployed.kept() == kept
    asyncio.run(deployed.serves("dying"))


def test_after_a_killed_client_the_next_up_restores_and_what_was_left_is_swept(deployed: DeployedCollection) -> None:
    asyncio.run(deployed.fill("killed"))
    kept = deployed.kept()
    deployed.killed_while_read_only()
    assert VARIABLE in json.dumps(deployed.deployment()["spec"])

    assert "takes writes again" in deployed.registry.stack.up().ok().output

    assert deployed.kept() == kept
    assert asyncio.run(deployed.collected()).touched
    asyncio.run(deployed.serves("killed"))
