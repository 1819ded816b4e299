"""The OCI distribution conformance suite against our registry: only what fails in upstream's bare server fails here.

The suite asks for what `registry:3` does not have, so a bare server with next to no configuration of ours is asked too.
Nothing may fail on a stack's registry that does not fail there, and everything that fails there is listed with why.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.lab import conformance_suite
from tests.lab.cluster_access import ClusterAccess
from tests.lab.conformance_suite import Outcome, Target
from tests.lab.redis_server import PASSWORD as REDIS_PASSWORD
from tests.lab.redis_server import RedisServer
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from tests.lab.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.lab.stack_workspace import StackWorkspace, new_stack

UPSTREAM_LACKS = {
    "the referrers API, so neither its list nor the OCI-Subject header of a push (3.1.2 answers 404)": (
        "*/referrers",
        "*-subject/push/manifest-by-*",
    ),
    "digests other than sha256: a blob that is pushed as sha512 is stored, and answered for, as sha256": (
        "sha512 blobs/*",
        "sha512/*",
    ),
    "images with layers that are kept elsewhere (non-distributable, without `urls`): it answers 500": (
        "non-distributable-layers/*",
    ),
}
BUCKET = "conformance"
MUST_PASS = {
    "pull": ("image/pull/manifest-by-tag", "image/pull/manifest-by-digest", "image/pull/blob-get"),
    "push": ("image/push/manifest-by-tag", "index/push/manifest-by-digest", "sha256 blobs/mount/blob-mount"),
    "content discovery": ("empty/tag list", "image/tag-list"),
    "content management": ("image/delete/*", "sha256 blobs/post+put/blob-delete"),
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What comes of the suite at a server of upstream's, bare."""
    folder = tmp_path_factory.mktemp("bare")
    with RegistryServer(folder / "registry") as server:
        target = Target(server.host, server.ca_pem, ACCOUNT, PASSWORD)
        return conformance_suite.run(target, folder / "results")


@pytest.fixture(scope="module")
def container(stack: StackWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What comes of the suite at a stack's registry container."""
    return conformance_suite.run(target_of(stack), tmp_path_factory.mktemp("container"))


@pytest.fixture(scope="module")
def deployment(
    cluster: ClusterAccess, s3: S3Server, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    """What comes of the suite at a stack's Deployment, where one replica may get what another one began."""
    folder = tmp_path_factory.mktemp("deployment")
    cluster.import_registry_image()
    workspace = new_stack(cluster.lab, folder / "stack", port=6015)
    workspace.configure(
        nodes=None,
        cluster={"kubeconfig_file": cluster.lab.env["KUBECONFIG"]},
        registry={
            "kind": "deployment",
            "host": cluster.lab.nodes["node-1"],
            "deployment": deployment_settings(s3, redis),
        },
    )
    workspace.set_secret("registry.deployment.storage.s3.access_key", ACCESS_KEY)
    workspace.set_secret("registry.deployment.storage.s3.secret_key", SECRET_KEY)
    workspace.set_secret("registry.deployment.redis.password", REDIS_PASSWORD)
    s3.create_bucket(BUCKET)
    try:
        workspace.up().ok()
        yield conformance_suite.run(target_of(workspace), folder / "results")
    finally:
        workspace.destroy().ok()
        s3.delete_bucket(BUCKET)


def deployment_settings(s3: S3Server, redis: RedisServer) -> dict[str, Any]:
    """Two replicas, on the one node that has the image, with everything but secrets."""
    return {
        "name": "d-conformance",
        "namespace": "d-conformance",
        "replicas": 2,
        "storage": {"s3": {"bucket": BUCKET, "region": s3.region, "endpoint": s3.url, "path_style": True}},
        "redis": {"address": redis.address},
        "exposure": {"port": 30515},
        "image_pull_policy": "Never",
        "node_selector": {"kubernetes.io/hostname": "node-1"},
        "drain": {"wait_seconds": 0, "timeout_seconds": 1},
    }


def target_of(workspace: StackWorkspace) -> Target:
    """Return the registry of a stack that is up, with its account that may push."""
    outputs = workspace.outputs()
    login = outputs["credentials"]["ci"]
    return Target(outputs["registry"]["host"], outputs["registry"]["ca_pem"], login["username"], login["password"])


def test_all_that_fails_upstream_is_known(bare: Outcome) -> None:
    assert unexplained(bare.failed) == {}


@pytest.mark.parametrize("reason", UPSTREAM_LACKS)
def test_what_upstream_lacks_it_lacks_still(bare: Outcome, reason: str) -> None:
    for pattern in UPSTREAM_LACKS[reason]:
        assert matching(bare.failed, pattern), f"{pattern} passes now: take it off the list"


def test_what_passes_upstream_passes_at_the_container(bare: Outcome, container: Outcome) -> None:
    assert lost(container, bare) == []
    assert unexplained(container.failed) == {}


def test_what_passes_upstream_passes_at_the_deployment(bare: Outcome, deployment: Outcome) -> None:
    assert lost(deployment, bare) == []
    assert unexplained(deployment.failed) == {}


@pytest.mark.parametrize("part", MUST_PASS)
def test_each_part_of_the_specification_was_tried(container: Outcome, part: str) -> None:
    for pattern in MUST_PASS[part]:
        assert matching(container.passed, pattern), f"no case {pattern} passed"


def lost(found: Outcome, bare: Outcome) -> list[str]:
    """Return what passes at the bare server and does not here; what becomes of sha512 depends on the storage."""
    return sorted(name for name in bare.passed - found.passed if not name.startswith("sha512"))


def unexplained(failed: dict[str, str]) -> dict[str, str]:
    """Return the failures for which there is no reason in the list."""
    patterns = [pattern for listed in UPSTREAM_LACKS.values() for pattern in listed]
    return {n: why for n, why in failed.items() if not any(fnmatchcase(n, pattern) for pattern in patterns)}


def matching(names: dict[str, str] | frozenset[str], pattern: str) -> list[str]:
    """Return the names that a pattern means."""
    return [name for name in names if fnmatchcase(name, pattern)]
