"""Which workloads say what will run: those that nothing else that is listed controls."""

from typing import Any

import pytest

from towpath.cluster.running_images import running_images


class OneDeployment:
    """A cluster with nothing but a workload that is scaled to zero."""

    def __init__(self, owner: str) -> None:
        template = {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}
        owners = [{"kind": owner, "controller": True}]
        self._workload = {"metadata": {"ownerReferences": owners}, "spec": {"replicas": 0, "template": template}}

    async def list(self, path: str, _: str) -> list[dict[str, Any]]:
        return [self._workload] if path.endswith("/replicasets") else []

    async def get(self, _: str, __: str) -> dict[str, Any]:
        return {"groups": []}


@pytest.mark.parametrize(("owner", "counts"), [("Deployment", False), ("Rollout", True)])
async def test_a_workload_counts_unless_another_that_is_asked_says_what_runs(owner: str, counts: bool) -> None:
    found = await running_images(OneDeployment(owner))  # type: ignore[arg-type]
    assert bool(found) == counts
