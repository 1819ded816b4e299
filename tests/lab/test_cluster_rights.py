"""The cluster is closed: no certificate, no right; and a node may read what its own pods need, no more."""

import ssl
from pathlib import Path

import httpx
import pytest

from tests.lab.cluster_access import API_SERVER, ClusterAccess
from tests.lab.lab_access import LabAccess

SECRETS = f"{API_SERVER}/api/v1/namespaces/kube-system/secrets"


@pytest.fixture
def trust(lab: LabAccess) -> ssl.SSLContext:
    """The cluster's own authority; every request below verifies the server."""
    return ssl.create_default_context(cadata=lab.run("node-1", "cat /etc/kubernetes/ca.pem").check().stdout)


def test_nobody_in_particular_is_denied(cluster: ClusterAccess, trust: ssl.SSLContext) -> None:
    with httpx.Client(verify=trust, trust_env=False) as client:
        answer = client.get(SECRETS)

    assert answer.status_code == 403
    assert "system:anonymous" in answer.json()["message"]


def test_a_made_up_token_is_refused(cluster: ClusterAccess, trust: ssl.SSLContext) -> None:
    with httpx.Client(verify=trust, trust_env=False) as client:
        assert client.get(SECRETS, headers={"Authorization": "Bearer made-up"}).status_code == 401


def test_a_service_account_without_a_role_is_denied(cluster: ClusterAccess, trust: ssl.SSLContext) -> None:
    with cluster.namespace() as namespace, httpx.Client(verify=trust, trust_env=False) as client:
        token = cluster.kubectl("create", "token", "default", "-n", namespace).check().stdout.strip()

        answer = client.get(SECRETS, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
    assert f"system:serviceaccount:{namespace}:default" in answer.json()["message"]


def test_a_node_may_neither_list_secrets_nor_touch_another_node(
    cluster: ClusterAccess, lab: LabAccess, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "node"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(lab.run("node-1", "cat /etc/kubernetes/kubelet.kubeconfig").check().stdout)

    secrets = cluster.kubectl("get", "secrets", "--all-namespaces", kubeconfig=kubeconfig)
    other = cluster.kubectl("label", "node", "node-2", "owned=true", kubeconfig=kubeconfig)

    assert "system:node:node-1" in secrets.stderr
    assert "Forbidden" in secrets.stderr
    assert "only its own Node object" in other.stderr


def test_kubelet_answers_no_stranger(cluster: ClusterAccess, lab: LabAccess, trust: ssl.SSLContext) -> None:
    with httpx.Client(verify=trust, trust_env=False) as client:
        assert client.get(f"https://{lab.nodes['node-1']}:10250/pods").status_code == 401


def test_etcd_listens_to_nobody_outside(cluster: ClusterAccess) -> None:
    with httpx.Client(verify=False, trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get("https://10.89.0.5:2379/version")


def test_the_administrators_kubeconfig_is_ours_alone(cluster: ClusterAccess) -> None:
    assert (cluster.lab.state / "kubeconfig").stat().st_mode & 0o777 == 0o600
    assert cluster.lab.env["KUBECONFIG"] == str(cluster.lab.state / "kubeconfig")
