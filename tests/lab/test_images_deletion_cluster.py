"""A deletion of real images, and workloads of a real API server that came after its plan."""

from pathlib import Path
from typing import Any

from tests.lab.api_server import ApiServer
from tests.lab.registry_server import RegistryServer
from tests.lab.test_images_deletion_real import inputs, planned, tags, with_session
from tests.lab.test_registry_client_collection import fill
from towpath.images.deletion.upkeep import delete_images


def deployment(image: str) -> dict[str, Any]:
    pod = {"metadata": {"labels": {"x": "x"}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"x": "x"}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x-app"}, "spec": spec}


def test_what_came_into_use_after_the_plan_stays(tmp_path: Path, api_server: ApiServer) -> None:
    told: list[str] = []
    with RegistryServer(tmp_path / "registry") as server, api_server.namespaces("late") as (namespace,):
        with_session(server, fill)
        wanted = {**inputs(server, planned(server)), "cluster": api_server.access.to_record()}
        api_server.create(namespace, deployment(f"{server.host}/team/app:1.2.0"))
        outs = delete_images(wanted, 0, tmp_path, told.append)
        assert tags(server, "team/app") == ["1.2.0", "2.0.0", "3.0.0"]
        assert outs["deleted"]
        assert [line for line in told if "1.2.0" in line and "stays: a pod uses it by now" in line]
