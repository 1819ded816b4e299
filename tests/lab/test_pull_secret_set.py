"""Serving a set of namespaces on a real API server: what is ours, what is not, and what fails alone."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.api_server import ApiServer, misbehaving, status_answer
from towpath.cluster.access import ClusterAccess
from towpath.cluster.errors import UnreachableError
from towpath.pull_secrets import set_lifecycle
from towpath.pull_secrets.docker_config import docker_config_json
from towpath.pull_secrets.manifests import ours
from towpath.registry_client.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator


OWNER = "test-set"
LOGIN = {"username": "ci.1", "password": "opensesame"}
ANOTHER = {"username": "ci.2", "password": "rotated"}
CREDENTIALS = {"accessKeyId": "ci.1", "secretKey": "opensesame"}


def props(access: ClusterAccess, names: list[str], login: dict[str, str] = LOGIN, **changes: Any) -> dict[str, Any]:
    entry = {"content": "0", **changes.pop("entry", {})}
    content = {"config": docker_config_json({"registry.test:5000": login}), **login}
    return {
        "access": access.to_record(),
        "contents": {"0": content},
        "secret_name": "regcred",
        "owner": OWNER,
        "adopt": False,
        "applies": True,
        "ca_pem": "pem",
        "namespaces": {name: dict(entry) for name in names},
        "refused": {},
        **changes,
    }


@pytest.fixture
def three(api_server: ApiServer) -> Iterator[list[str]]:
    with api_server.namespaces("a", "b", "c") as names:
        yield names


def secret(api_server: ApiServer, namespace: str, name: str = "regcred") -> dict[str, Any] | None:
    found = api_server.get("secrets", "--namespace", namespace)["items"]
    return next((each for each in found if each["metadata"]["name"] == name), None)


def login_in(api_server: ApiServer, namespace: str) -> str:
    found = secret(api_server, namespace)
    assert found is not None
    content = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))
    return str(content["auths"]["registry.test:5000"]["username"])


def put(api_server: ApiServer, namespace: str, kind: str = "Opaque", data: dict[str, str] | None = None) -> str:
    """Make a foreign Secret of the wanted name, and return it as it is stored, but for managedFields."""
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "regcred"}, "type": kind}
    api_server.create(namespace, {**document, "data": data or {"x": "eA=="}})
    return json.dumps(secret(api_server, namespace))


def test_every_namespace_gets_the_secret_and_a_rotation_replaces_only_its_content(
    api_server: ApiServer, three: list[str]
) -> None:
    first = set_lifecycle.created(props(api_server.access, three))
    before = [secret(api_server, name) for name in three]
    second = set_lifecycle.updated(first, props(api_server.access, three, ANOTHER))
    after = [secret(api_server, name) for name in three]
    assert first["failed"] == second["failed"] == {}
    assert [login_in(api_server, name) for name in three] == ["ci.2"] * 3
    for old, new in zip(before, after, strict=True):
        assert old is not None
        assert new is not None
        assert old["metadata"]["uid"] == new["metadata"]["uid"]
        assert new["type"] == "kubernetes.io/dockerconfigjson"
        assert new["metadata"]["labels"] == ours(OWNER)
    set_lifecycle.deleted(second)
    assert [secret(api_server, name) for name in three] == [None] * 3


def test_what_failed_is_finished_by_the_next_run_and_the_rest_is_done(api_server: ApiServer, three: list[str]) -> None:
    missing, there = f"{three[0]}-missing", three[1:]
    wanted = props(api_server.access, [missing, *there])
    first = set_lifecycle.created(wanted)
    assert list(first["failed"]) == [missing]
    assert f"applying Secret regcred in namespace {missing}: the namespace does not exist" in first["failed"][missing]
    assert [login_in(api_server, name) for name in there] == ["ci.1"] * 2
    assert set_lifecycle.has_changed(first, wanted)
    api_server.kubectl("create", "namespace", missing)
    second = set_lifecycle.updated(first, wanted)
    assert second["failed"] == {}
    assert login_in(api_server, missing) == "ci.1"
    assert not set_lifecycle.has_changed(second, wanted)
    set_lifecycle.deleted(second)
    api_server.kubectl("delete", "namespace", missing, "--wait=false")


def test_a_namespace_that_is_being_deleted_is_named(api_server: ApiServer, three: list[str]) -> None:
    finalizer = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "stay", "finalizers": ["test.test/stay"]},
    }
    api_server.create(three[0], finalizer)
    api_server.kubectl("delete", "namespace", three[0], "--wait=false")
    try:
        outs = set_lifecycle.created(props(api_server.access, three))
    finally:
        patch = '{"metadata": {"finalizers": null}}'
        api_server.kubectl("-n", three[0], "patch", "configmap", "stay", "--type", "merge", "--patch", patch)
    assert list(outs["failed"]) == [three[0]]
    assert "being deleted" in outs["failed"][three[0]]
    assert [login_in(api_server, name) for name in three[1:]] == ["ci.1"] * 2


@pytest.mark.parametrize("kind", ["Opaque", "kubernetes.io/dockerconfigjson"])
def test_a_secret_of_others_stays_as_it_is_until_the_end(api_server: ApiServer, three: list[str], kind: str) -> None:
    data = {".dockerconfigjson": base64.b64encode(b'{"auths":{}}').decode()} if kind != "Opaque" else None
    stored = put(api_server, three[0], kind, data)
    outs = set_lifecycle.created(props(api_server.access, three))
    assert list(outs["failed"]) == [three[0]]
    assert "applying Secret regcred in namespace" in outs["failed"][three[0]]
    set_lifecycle.deleted(outs)
    assert json.dumps(secret(api_server, three[0])) == stored


def test_a_pull_secret_of_others_is_taken_over_when_asked_for(api_server: ApiServer, three: list[str]) -> None:
    content = base64.b64encode(b'{"auths":{}}').decode()
    put(api_server, three[0], "kubernetes.io/dockerconfigjson", {".dockerconfigjson": content})
    put(api_server, three[1])
    outs = set_lifecycle.created(props(api_server.access, three, adopt=True))
    assert list(outs["failed"]) == [three[1]]
    assert "type Opaque" in outs["failed"][three[1]]
    assert login_in(api_server, three[0]) == "ci.1"


def test_no_rights_in_one_namespace_stop_no_other(api_server: ApiServer, three: list[str]) -> None:
    for name in three[1:]:
        api_server.kubectl("-n", name, "create", "role", "r", "--verb=*", "--resource=secrets,configmaps")
        api_server.kubectl("-n", name, "create", "rolebinding", "r", "--role=r", "--user=deployer")
    outs = set_lifecycle.created(props(api_server.user("deployer"), three))
    assert list(outs["failed"]) == [three[0]]
    assert f"reading Secret regcred in namespace {three[0]}" in outs["failed"][three[0]]
    assert "no rights" in outs["failed"][three[0]]
    assert [login_in(api_server, name) for name in three[1:]] == ["ci.1"] * 2


async def test_an_api_server_that_fails_in_the_middle_is_asked_again(api_server: ApiServer, three: list[str]) -> None:
    answers = [status_answer(429, "Retry-After: 0"), status_answer(500), b""]

    def decide(method: str, path: str) -> bytes | None:
        return answers.pop() if method == "PATCH" and answers else None

    async with misbehaving(api_server, decide) as access:
        outs = await asyncio.to_thread(set_lifecycle.created, props(access, three))
    assert not answers
    assert outs["failed"] == {}
    assert [login_in(api_server, name) for name in three] == ["ci.1"] * 3


async def test_one_that_always_fails_in_one_namespace_is_named_and_the_rest_done(
    api_server: ApiServer, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towpath.cluster.access.Retry", lambda: Retry(attempts=2, first_wait_seconds=0.01))
    broken = f"/namespaces/{three[1]}/"
    async with misbehaving(api_server, lambda _, path: status_answer(503) if broken in path else None) as access:
        outs = await asyncio.to_thread(set_lifecycle.created, props(access, three))
    assert list(outs["failed"]) == [three[1]]
    assert f"applying Secret regcred in namespace {three[1]}: the API server failed" in outs["failed"][three[1]]
    finished = await asyncio.to_thread(set_lifecycle.updated, outs, props(api_server.access, three))
    assert finished["failed"] == {}


async def test_one_that_goes_away_in_the_middle_leaves_a_state_that_the_next_run_goes_on_from(
    api_server: ApiServer, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towpath.cluster.access.Retry", lambda: Retry(attempts=2, first_wait_seconds=0.01))
    served: list[str] = []

    def decide(method: str, path: str) -> bytes | None:
        if method == "PATCH" and path not in served:
            served.append(path)
        return None if path in served[:1] or method == "GET" else b""

    async with misbehaving(api_server, decide) as access:
        outs = await asyncio.to_thread(set_lifecycle.created, props(access, three))
    assert len(outs["failed"]) == 2
    done = (set(three) - set(outs["failed"])).pop()
    assert login_in(api_server, done) == "ci.1"
    assert all("no answer" in text for text in outs["failed"].values())
    finished = await asyncio.to_thread(set_lifecycle.updated, outs, props(api_server.access, three))
    assert finished["failed"] == {}
    assert [login_in(api_server, name) for name in three] == ["ci.1"] * 3


def test_drift_is_found_and_repaired(api_server: ApiServer, three: list[str]) -> None:
    outs = set_lifecycle.created(props(api_server.access, three))
    api_server.kubectl("-n", three[0], "delete", "secret", "regcred")
    api_server.kubectl(
        "-n", three[1], "patch", "secret", "regcred", "--patch", '{"data": {".dockerconfigjson": "e30="}}'
    )
    api_server.kubectl("-n", three[2], "label", "secret", "regcred", "theirs=stays")
    found = set_lifecycle.found(outs)
    assert list(found["namespaces"]) == [three[2]]
    assert set_lifecycle.has_changed(found, props(api_server.access, three))
    repaired = set_lifecycle.updated(found, props(api_server.access, three))
    assert [login_in(api_server, name) for name in three] == ["ci.1"] * 3
    assert set_lifecycle.found(repaired)["namespaces"] == repaired["namespaces"]
    kept = secret(api_server, three[2])
    assert kept is not None
    assert kept["metadata"]["labels"]["theirs"] == "stays"


def test_a_namespace_that_drifted_is_cleared_too(api_server: ApiServer, three: list[str]) -> None:
    outs = set_lifecycle.created(props(api_server.access, three))
    api_server.kubectl(
        "-n", three[1], "patch", "secret", "regcred", "--patch", '{"data": {".dockerconfigjson": "e30="}}'
    )
    set_lifecycle.deleted(set_lifecycle.found(outs))
    assert [secret(api_server, name) for name in three] == [None] * 3


def test_a_namespace_chosen_no_more_is_cleared(api_server: ApiServer, three: list[str]) -> None:
    outs = set_lifecycle.created(props(api_server.access, three))
    set_lifecycle.updated(outs, props(api_server.access, three[1:]))
    assert [secret(api_server, name) is None for name in three] == [True, False, False]


def test_another_name_moves_every_secret(api_server: ApiServer, three: list[str]) -> None:
    outs = set_lifecycle.created(props(api_server.access, three))
    set_lifecycle.updated(outs, props(api_server.access, three, secret_name="pull"))
    assert all(secret(api_server, name) is None for name in three)
    assert all(secret(api_server, name, "pull") for name in three)


def test_a_made_namespace_goes_only_if_nothing_of_others_is_in_it(api_server: ApiServer, three: list[str]) -> None:
    names = [f"{three[0]}-made", f"{three[0]}-used"]
    made = {"create": True, "labels": {"team": "a"}}
    outs = set_lifecycle.created(props(api_server.access, [*names, three[1]], entry=made))
    assert outs["failed"] == {}
    assert outs["made"] == sorted(names)
    assert api_server.get("namespace", names[0])["metadata"]["labels"]["team"] == "a"
    api_server.kubectl("-n", names[1], "create", "configmap", "theirs")
    said: list[str] = []
    set_lifecycle.deleted(outs, said.append)
    assert said == [f"namespace {names[1]} stays: it holds ConfigMap theirs"]
    api_server.kubectl("wait", "--for=delete", f"namespace/{names[0]}", "--timeout=180s")
    assert secret(api_server, names[1]) is None
    assert api_server.get("namespace", three[1])["status"]["phase"] == "Active"
    assert api_server.get("-n", names[1], "configmap", "theirs")["metadata"]["name"] == "theirs"


def test_cdi_gets_its_secret_and_a_config_map(api_server: ApiServer, three: list[str]) -> None:
    outs = set_lifecycle.created(props(api_server.access, three, entry={"cdi": True}))
    found = secret(api_server, three[0], "regcred-cdi")
    assert found is not None
    assert {key: base64.b64decode(value).decode() for key, value in found["data"].items()} == CREDENTIALS
    assert api_server.get("-n", three[0], "configmap", "regcred-cdi-ca")["data"] == {"ca.crt": "pem"}
    set_lifecycle.updated(outs, props(api_server.access, three))
    assert secret(api_server, three[0], "regcred-cdi") is None


def test_no_password_stands_in_what_failed_or_in_a_representation(api_server: ApiServer, three: list[str]) -> None:
    put(api_server, three[0])
    outs = set_lifecycle.created(props(api_server.access, three))
    assert "opensesame" not in json.dumps(outs["failed"])
    assert base64.b64encode(b"ci.1:opensesame").decode() not in json.dumps(outs["failed"])


def test_a_cluster_that_is_gone_is_forgotten_only_on_request(
    api_server: ApiServer, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = set_lifecycle.created(props(api_server.access, three))
    document = yaml.safe_load(api_server.kubeconfig)
    for each in document["clusters"]:
        each["cluster"]["server"] = "https://127.0.0.1:1"
    nowhere = {**outs, "access": ClusterAccess(yaml.safe_dump(document)).to_record()}
    with pytest.raises(UnreachableError, match="forget what was in it with PULUMI_K8S_DELETE_UNREACHABLE=true"):
        set_lifecycle.deleted(nowhere)
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    set_lifecycle.deleted(nowhere)
    assert all(secret(api_server, name) for name in three)
    set_lifecycle.deleted(outs)
    assert [secret(api_server, name) for name in three] == [None] * 3
