"""The kubernetes plugin through the real engine: made, changed, replaced, refreshed, destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.kubernetes_programs import CONFIG_MAP, preview_steps, program, want

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject
    from tests.engine.kubernetes_cluster import Cluster

pytest_plugins = ("tests.engine.kubernetes_cluster",)


def test_an_object_is_made_changed_in_place_and_destroyed(kubernetes_project: EngineProject, cluster: Cluster) -> None:
    mutable = {"enable_config_map_mutable": True}
    program(kubernetes_project, CONFIG_MAP, metadata={"labels": {"a": "1"}}, data={"x": "1"}, provider=mutable)
    assert preview_steps(kubernetes_project)["settings"] == "create"
    assert not [name for name in cluster.names("configmaps") if "settings" in name]

    kubernetes_project.up()
    name = kubernetes_project.outputs()["name"]
    assert name.startswith("settings-")
    assert cluster.get("configmap", name)["data"] == {"x": "1"}
    kubernetes_project.preview("--expect-no-changes")

    want(kubernetes_project, metadata={"labels": {"b": "2"}}, data={"y": "2"}, provider=mutable)
    assert preview_steps(kubernetes_project)["settings"] == "update"
    kubernetes_project.up()
    changed = cluster.get("configmap", name)
    assert changed["data"] == {"y": "2"}
    assert changed["metadata"]["labels"] == {"b": "2"}
    kubernetes_project.preview("--expect-no-changes")

    kubernetes_project.destroy()
    assert not [found for found in cluster.names("configmaps") if "settings" in found]


def test_contents_replace_by_default_under_a_new_name_or_after_deletion(
    kubernetes_project: EngineProject, cluster: Cluster
) -> None:
    program(kubernetes_project, CONFIG_MAP, metadata={}, data={"x": "1"})
    kubernetes_project.up()
    first = kubernetes_project.outputs()["name"]

    want(kubernetes_project, metadata={}, data={"x": "2"})
    assert preview_steps(kubernetes_project)["settings"] == "replace"
    kubernetes_project.up()
    second = kubernetes_project.outputs()["name"]
    assert second != first
    assert cluster.names("configmaps").count(f"configmap/{first}") == 0

    want(kubernetes_project, metadata={"name": "fixed"}, data={"x": "2"})
    kubernetes_project.up()
    want(kubernetes_project, metadata={"name": "fixed"}, data={"x": "3"})
    done = kubernetes_project.up()
    assert "deleted original" in done.stdout
    assert cluster.get("configmap", "fixed")["data"] == {"x": "3"}


def test_drift_is_found_by_refresh_and_repaired_by_up(kubernetes_project: EngineProject, cluster: Cluster) -> None:
    mutable = {"enable_config_map_mutable": True}
    program(kubernetes_project, CONFIG_MAP, metadata={"name": "s", "labels": {}}, data={"x": "1"}, provider=mutable)
    kubernetes_project.up()
    cluster.kubectl("label", "configmap", "s", "team=others")
    kubernetes_project.refresh()
    kubernetes_project.preview("--expect-no-changes")

    cluster.kubectl("patch", "configmap", "s", "--patch", '{"data": {"x": "edited"}}')
    drifted = kubernetes_project.refresh("--expect-no-changes", check=False)
    assert drifted.exit_code != 0
    kubernetes_project.refresh()
    assert preview_steps(kubernetes_project)["settings"] == "update"
    refused = kubernetes_project.up(check=False)
    assert "conflict" in refused.output
    assert "pulumi.com/patchForce" in refused.output

    want(
        kubernetes_project,
        metadata={"name": "s", "labels": {}},
        data={"x": "1"},
        provider={**mutable, "enable_patch_force": True},
    )
    kubernetes_project.up()
    repaired = cluster.get("configmap", "s")
    assert repaired["data"] == {"x": "1"}
    assert repaired["metadata"]["labels"] == {"team": "others"}

    cluster.kubectl("delete", "configmap", "s")
    kubernetes_project.refresh()
    assert preview_steps(kubernetes_project)["settings"] == "create"
    kubernetes_project.up()
    kubernetes_project.preview("--expect-no-changes")


UNKNOWNS = """
from pulumi_random import RandomId
made = RandomId("made", byte_length=4)
space = k8s.core.v1.Namespace("space", metadata={"name": made.hex.apply(lambda text: f"x-{text}")}, opts=opts)
inside = k8s.core.v1.ConfigMap("inside", metadata={"namespace": space.metadata["name"]}, data={"a": "1"}, opts=opts)
service = k8s.core.v1.Service("service", spec={"ports": [{"port": 80}]}, opts=opts)
custom = k8s.apiextensions.CustomResource(
    "custom", api_version="example.test/v1", kind="Thing", metadata={"name": "t"}, spec={"a": 1}, opts=opts
) if wanted.get("custom") else None
pulumi.export("ip", service.spec.apply(lambda spec: spec.get("cluster_ip")))
pulumi.export("uid", service.metadata.apply(lambda metadata: metadata["uid"]))
"""


def test_a_preview_goes_on_with_what_nobody_can_know_yet(kubernetes_project: EngineProject, cluster: Cluster) -> None:
    program(kubernetes_project, UNKNOWNS, custom=True)
    steps = preview_steps(kubernetes_project)
    assert {steps[name] for name in ("space", "inside", "service", "custom")} == {"create"}
    assert "uid: [unknown]" in kubernetes_project.preview("--diff").output

    want(kubernetes_project, custom=False)
    kubernetes_project.up()
    outputs = kubernetes_project.outputs()
    assert outputs["ip"] == cluster.get("services")["items"][0]["spec"]["clusterIP"]
    kubernetes_project.preview("--expect-no-changes")
    kubernetes_project.destroy()
