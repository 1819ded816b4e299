"""The kubernetes plugin through the real engine, against a real API server."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject
    from tests.engine.kubernetes_cluster import Cluster

pytest_plugins = ("tests.engine.kubernetes_cluster",)

PASSWORD = "hunter-2-of-the-registry"
HEADER = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s

facts = json.loads(pathlib.Path("cluster.json").read_text())
wanted = json.loads(pathlib.Path("wanted.json").read_text())
namespace = facts["namespace"]
provider = k8s.Provider("cluster", kubeconfig=facts["kubeconfig"], namespace=namespace, **wanted.get("provider", {}))
opts = pulumi.ResourceOptions(provider=provider)
"""


def program(project: EngineProject, source: str, **wanted: Any) -> None:
    project.program(HEADER + source)
    want(project, **wanted)


def want(project: EngineProject, **wanted: Any) -> None:
    project.file("wanted.json", json.dumps(wanted))


def preview_steps(project: EngineProject) -> dict[str, str]:
    """The operation on each resource that a preview announces, by the resource's name."""
    digest = json.loads(project.preview("--json").stdout)
    return {step["urn"].rsplit("::", 1)[-1]: step["op"] for step in digest["steps"]}


CONFIG_MAP = """
settings = k8s.core.v1.ConfigMap("settings", metadata=wanted["metadata"], data=wanted["data"], opts=opts)
pulumi.export("name", settings.metadata["name"])
"""


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


SECRET = """
document = json.dumps({"auths": {"registry.test": {"username": "u", "password": wanted["password"]}}})
k8s.core.v1.Secret(
    "regcred",
    metadata={"name": "regcred"},
    type="kubernetes.io/dockerconfigjson",
    string_data={".dockerconfigjson": document},
    opts=opts,
)
"""


def test_secrets_are_encrypted_in_the_state_and_masked_everywhere(
    kubernetes_project: EngineProject, cluster: Cluster
) -> None:
    program(kubernetes_project, SECRET, password=PASSWORD, provider={"enable_secret_mutable": True})
    seen = kubernetes_project.preview("--diff").output + kubernetes_project.up("--diff").output

    document = base64.b64decode(cluster.get("secret", "regcred")["data"][".dockerconfigjson"]).decode()
    assert json.loads(document)["auths"]["registry.test"]["password"] == PASSWORD
    state = kubernetes_project.pulumi("stack", "export", "--stack", "test").stdout
    encoded = base64.b64encode(document.encode()).decode()
    for text in (PASSWORD, encoded):
        assert text not in seen
        assert text not in state
    resource = kubernetes_project.resources("kubernetes:core/v1:Secret")[0]
    assert {"__inputs", "__fieldManager", "__initialApiVersion", "data", "metadata", "type"} <= set(resource["outputs"])
    assert "ciphertext" in resource["outputs"]["data"]
    assert resource["id"] == f"{cluster.namespace}/regcred"
    kubernetes_project.preview("--expect-no-changes")
    kubernetes_project.refresh("--expect-no-changes")

    uid = cluster.get("secret", "regcred")["metadata"]["uid"]
    want(kubernetes_project, password=f"{PASSWORD}-rotated", provider={"enable_secret_mutable": True})
    kubernetes_project.up()
    rotated = cluster.get("secret", "regcred")
    assert rotated["metadata"]["uid"] == uid
    assert b"-rotated" in base64.b64decode(rotated["data"][".dockerconfigjson"])


DEPLOYMENT = """
labels = {"app": wanted["app"]}
container = {
    "name": "registry",
    "image": "registry.test/registry:3",
    "tty": False,
    "resources": {"limits": {"memory": "1024Mi", "cpu": "0.5"}, "requests": {}},
    "security_context": {"read_only_root_filesystem": True, "run_as_user": 0},
}
k8s.apps.v1.Deployment(
    "registry",
    metadata={"name": "registry"},
    spec={
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": {}},
            "spec": {"automount_service_account_token": False, "host_network": False, "containers": [container]},
        },
    },
    opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(
        custom_timeouts=pulumi.CustomTimeouts(create=wanted["timeout"], update=wanted["timeout"]),
    )),
)
"""


def test_a_workload_that_does_not_come_up_stays_in_the_state_and_the_next_up_goes_on(
    kubernetes_project: EngineProject, cluster: Cluster
) -> None:
    program(kubernetes_project, DEPLOYMENT, app="registry", timeout="3s")
    failed = kubernetes_project.up(check=False)
    assert failed.exit_code != 0
    assert "failed to fully initialize or become live" in failed.output
    assert "Minimum number of live Pods was not attained" in failed.output
    resource = kubernetes_project.resources("kubernetes:apps/v1:Deployment")[0]
    assert resource["initErrors"]

    replica_set = cluster.get("replicasets")["items"][0]["metadata"]["name"]
    cluster.patch_status(
        "replicaset", replica_set, {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": 1}
    )
    pod = cluster.get("pods")["items"][0]["metadata"]["name"]
    ready = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready", "ContainersReady")]
    cluster.patch_status("pod", pod, {"phase": "Running", "conditions": ready})
    want(kubernetes_project, app="registry", timeout="60s")
    kubernetes_project.up()
    assert not kubernetes_project.resources("kubernetes:apps/v1:Deployment")[0].get("initErrors")
    kubernetes_project.preview("--expect-no-changes")
    kubernetes_project.refresh("--expect-no-changes")

    want(kubernetes_project, app="other", timeout="3s")
    assert preview_steps(kubernetes_project)["registry"] == "replace"
    kubernetes_project.destroy()
    assert cluster.names("deployments,replicasets,pods") == []


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


MANY = """
for index in range(wanted["count"]):
    k8s.core.v1.Secret(
        f"regcred-{index}", metadata={"name": f"regcred-{index}"}, string_data={"password": "a-password"}, opts=opts
    )
"""


def test_hundreds_of_secrets_in_one_go(kubernetes_project: EngineProject, cluster: Cluster) -> None:
    program(kubernetes_project, MANY, count=300)
    kubernetes_project.up("--parallel", "64")
    assert len([name for name in cluster.names("secrets") if "regcred-" in name]) == 300
    kubernetes_project.preview("--expect-no-changes")
    kubernetes_project.destroy("--parallel", "64")
    assert cluster.names("secrets") == []


def test_an_unreachable_cluster_warns_in_a_preview_and_holds_destroy_back(
    kubernetes_project: EngineProject, cluster: Cluster
) -> None:
    content = cluster.control_plane.kubeconfig.read_text()
    kubeconfig = kubernetes_project.file("kubeconfig", content)
    facts = {"kubeconfig": str(kubeconfig), "namespace": cluster.namespace}
    kubernetes_project.file("cluster.json", json.dumps(facts))
    program(kubernetes_project, CONFIG_MAP, metadata={"name": "s"}, data={"x": "1"})
    kubernetes_project.up()
    kubeconfig.write_text(content.replace(cluster.control_plane.site.server, "https://127.0.0.1:1"))

    previewed = kubernetes_project.preview("--expect-no-changes")
    assert "configured Kubernetes cluster is unreachable" in previewed.output
    assert "127.0.0.1:1" in previewed.output
    refused = kubernetes_project.destroy(check=False)
    assert "PULUMI_K8S_DELETE_UNREACHABLE" in refused.output
    assert cluster.get("configmap", "s")["data"] == {"x": "1"}
    kubernetes_project.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    kubernetes_project.destroy()
    assert kubernetes_project.resources() == []
