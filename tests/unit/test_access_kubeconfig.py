"""A kubeconfig that is made whole, and one whose server is reached another way."""

import base64
from typing import Any

import pytest
import yaml

from towpath.access.kubeconfig_route import rerouted, whole_kubeconfig
from towpath.cluster.errors import KubeconfigError
from towpath.cluster.kubeconfig import read_context

CONTENT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "clusters": [
        {"name": "one", "cluster": {"server": "https://api.test:6443", "certificate-authority": "ca.pem"}},
        {"name": "two", "cluster": {"server": "https://other.test"}},
    ],
    "contexts": [
        {"name": "here", "context": {"cluster": "one", "user": "me"}},
        {"name": "there", "context": {"cluster": "two", "user": "me"}},
    ],
    "users": [{"name": "me", "user": {"client-certificate": "/abs/me.pem", "client-key": "keys/me.key", "token": "t"}}],
}
TEXT = yaml.safe_dump(CONTENT)


def test_files_become_part_of_it() -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path)
        return f"content of {path}"

    whole = yaml.safe_load(whole_kubeconfig(TEXT, "clusters", read))

    assert asked == ["clusters/ca.pem", "/abs/me.pem", "clusters/keys/me.key"]
    user = whole["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == b"content of clusters/keys/me.key"
    assert "client-key" not in user
    assert user["token"] == "t"
    context = read_context(yaml.safe_dump(whole))
    assert context.ca_pem == "content of clusters/ca.pem"


def test_a_file_that_is_not_there_is_named() -> None:
    def read(_: str) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(KubeconfigError, match=r"certificate-authority: cannot read ca\.pem: No such file"):
        whole_kubeconfig(TEXT, ".", read)


@pytest.mark.parametrize("text", ["{", "[]", "", "clusters: 5\nusers: [7, {user: 8}]"])
def test_what_is_no_kubeconfig_is_left_to_its_reader(text: str) -> None:
    assert whole_kubeconfig(text, ".", str) == text
    with pytest.raises(KubeconfigError):
        rerouted(text, None, 1)


def test_another_way_keeps_the_name_that_the_certificate_is_checked_for() -> None:
    turned = yaml.safe_load(rerouted(TEXT, None, 20001))

    one, two = (entry["cluster"] for entry in turned["clusters"])
    assert one == {
        "server": "https://127.0.0.1:20001",
        "certificate-authority": "ca.pem",
        "tls-server-name": "api.test",
    }
    assert two == CONTENT["clusters"][1]["cluster"]
    assert turned["users"] == CONTENT["users"]
    other = yaml.safe_load(rerouted(TEXT, "there", 20001))
    assert other["clusters"][1]["cluster"]["tls-server-name"] == "other.test"


def test_a_name_that_is_given_stays() -> None:
    given = yaml.safe_load(TEXT)
    given["clusters"][0]["cluster"]["tls-server-name"] = "kubernetes"
    turned = yaml.safe_load(rerouted(yaml.safe_dump(given), None, 20001))
    assert turned["clusters"][0]["cluster"]["tls-server-name"] == "kubernetes"
