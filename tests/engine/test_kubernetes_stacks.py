"""Stacks on a real cluster: secrets in the state, workloads that fail, hundreds of objects, a cluster that is lost."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.engine.kubernetes_programs import CONFIG_MAP, preview_steps, program, want

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject
    from tests.engine.kubernetes_cluster import Cluster

pytest_plugins = ("tests.engine.kubernetes_cluster",)

PASSWORD = "hunter-2-of-the-registry"
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


MADE_KUBECONFIG = """
import pulumi_command as command
made = command.local.Command("kubeconfig", create="cat " + facts["kubeconfig"])
late = k8s.Provider("late", kubeconfig=made.stdout, namespace=namespace)
k8s.core.v1.ConfigMap("late", metadata={"name": "late"}, data={"x": "1"}, opts=pulumi.ResourceOptions(provider=late))
"""


def test_a_kubeconfig_that_another_resource_makes_is_awaited(
    kubernetes_project: EngineProject, cluster: Cluster
) -> None:
    program(kubernetes_project, MADE_KUBECONFIG)

    assert "5 to create" in kubernetes_project.preview().output
    kubernetes_project.up()
    assert cluster.get("configmap", "late")["data"] == {"x": "1"}
    kubernetes_project.preview("--expect-no-changes")
    kubernetes_project.destroy()
