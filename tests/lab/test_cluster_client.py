"""The client of the Kubernetes API: who it is, whom it trusts, what it does when the server does not behave."""

from __future__ import annotations

import base64
import dataclasses
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.api_server import ApiServer, misbehaving, status_answer
from towpath.cluster.access import ClusterAccess
from towpath.cluster.client import Call
from towpath.cluster.errors import (
    ConflictError,
    CredentialPluginError,
    ForbiddenError,
    KubeconfigError,
    NotFoundError,
    RateLimitedError,
    ServerFailedError,
    UnauthorizedError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.cluster.identity import Identity
from towpath.cluster.kubeconfig import read_context
from towpath.cluster.running_images import running_images
from towpath.registry_client.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = Retry(attempts=3, first_wait_seconds=0.01, longest_backoff_seconds=0.02)
DIGEST = "sha256:" + "a" * 64


def changed(server: ApiServer, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> ClusterAccess:
    document = yaml.safe_load(server.kubeconfig)
    change(document["clusters"][0]["cluster"], document["users"][0]["user"])
    return ClusterAccess(yaml.safe_dump(document))


async def names(access: ClusterAccess) -> set[str]:
    async with access.client(retry=QUICK) as client:
        return {item["metadata"]["name"] for item in await client.list("/api/v1/namespaces", "listing", {"limit": "1"})}


def plugin(folder: Path, body: str) -> dict[str, Any]:
    program = folder / "login"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o700)
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}


def answer(status: dict[str, str]) -> str:
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"cat <<'END'\n{json.dumps(credential)}\nEND"


async def test_a_listing_is_read_page_by_page(api_server: ApiServer) -> None:
    assert {"default", "kube-system", "kube-public"} <= await names(api_server.access)


async def test_the_access_survives_the_state(api_server: ApiServer) -> None:
    record = json.loads(json.dumps(api_server.access.to_record()))
    assert ClusterAccess.from_record(record) == api_server.access
    assert "BEGIN" not in repr(api_server.access)


async def test_a_proxy_of_the_environment_is_not_used_for_a_private_address(api_server: ApiServer) -> None:
    async with api_server.access.client(environment={"HTTPS_PROXY": "http://127.0.0.1:9"}) as client:
        assert (await client.get("/version", "asking"))["gitVersion"]


async def test_a_certificate_of_another_ca_is_refused_at_once(api_server: ApiServer) -> None:
    access = changed(api_server, lambda cluster, _: cluster.pop("certificate-authority-data"))
    with pytest.raises(UntrustedCertificateError, match="certificate-authority-data"):
        await names(access)


async def test_tls_server_name_is_what_the_certificate_must_name(api_server: ApiServer) -> None:
    assert await names(changed(api_server, lambda cluster, _: cluster.update({"tls-server-name": "kubernetes"})))
    with pytest.raises(UntrustedCertificateError, match="elsewhere"):
        await names(changed(api_server, lambda cluster, _: cluster.update({"tls-server-name": "elsewhere"})))


def as_plugin(found: dict[str, Any]) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(_: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["exec"] = found

    return change


async def test_a_credential_plugin_gives_a_client_certificate(api_server: ApiServer, tmp_path: Path) -> None:
    user = yaml.safe_load(api_server.kubeconfig)["users"][0]["user"]
    pair = {
        "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
        "clientKeyData": base64.b64decode(user["client-key-data"]).decode(),
    }
    assert await names(changed(api_server, as_plugin(plugin(tmp_path, answer(pair)))))


async def test_a_token_that_ran_out_is_renewed_once_by_its_plugin(api_server: ApiServer, tmp_path: Path) -> None:
    with api_server.namespaces("sa") as (namespace,):
        good = api_server.kubectl("--namespace", namespace, "create", "token", "default").strip()
        tried = tmp_path / "tried"
        body = f"if [ -e {tried} ]; then {answer({'token': good})}\nelse touch {tried}\n{answer({'token': 'old'})}\nfi"
        access = changed(api_server, as_plugin(plugin(tmp_path, body)))
        async with access.client() as client:
            with pytest.raises(ForbiddenError) as refused:
                await client.list("/api/v1/secrets", "listing Secrets")
        assert f"system:serviceaccount:{namespace}:default" in str(refused.value)
        tried.unlink()
        body = answer({"token": "never valid"})
        with pytest.raises(UnauthorizedError):
            await names(changed(api_server, as_plugin(plugin(tmp_path, body))))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "echo 'cannot log in with abcdefghijklmnopqrstuvwxyz0123' >&2; exit 3",
            r"exit status 3: cannot log in with \[",
        ),
        ("echo no json", "prints is no ExecCredential"),
        ("true", "prints is no ExecCredential"),
    ],
)
async def test_a_credential_plugin_that_fails_is_named_without_what_it_knows(
    api_server: ApiServer, tmp_path: Path, body: str, said: str
) -> None:
    with pytest.raises(CredentialPluginError, match=said) as failure:
        await names(changed(api_server, as_plugin(plugin(tmp_path, body))))
    assert str(tmp_path / "login") in str(failure.value)
    assert "abcdefghij" not in str(failure.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cluster, _: cluster.update({"insecure-skip-tls-verify": True}), "always verified"),
        (lambda cluster, _: cluster.update({"server": "http://127.0.0.1:1"}), "https://HOST:PORT"),
        (lambda _, user: user.update({"client-key-data": "%"}), "not base64"),
        (lambda _, user: user.update({"exec": {"apiVersion": "v0", "command": "x"}}), "apiVersion"),
        (lambda _, user: user.update({"tokenFile": "relative"}), "absolute path"),
    ],
)
async def test_a_kubeconfig_that_cannot_be_used_says_what_to_mend(
    api_server: ApiServer, change: Callable[[dict[str, Any], dict[str, Any]], None], said: str
) -> None:
    with pytest.raises(KubeconfigError, match=said) as failure:
        await names(changed(api_server, change))
    assert "BEGIN" not in str(failure.value)


async def test_an_unknown_context_names_those_there_are(api_server: ApiServer) -> None:
    with pytest.raises(KubeconfigError, match="no context 'prod'; it has "):
        await names(dataclasses.replace(api_server.access, context="prod"))


@pytest.mark.parametrize("instead", [status_answer(429, "Retry-After: 0"), status_answer(500), b""])
async def test_what_passes_is_tried_again(api_server: ApiServer, instead: bytes) -> None:
    answers = [instead, instead]
    async with misbehaving(api_server, lambda *_: answers.pop() if answers else None) as access:
        assert "default" in await names(access)
    assert not answers


@pytest.mark.parametrize(
    ("instead", "kind"),
    [(status_answer(429), RateLimitedError), (status_answer(503), ServerFailedError), (b"", UnreachableError)],
)
async def test_what_lasts_is_an_error_with_the_step(
    api_server: ApiServer, instead: bytes, kind: type[Exception]
) -> None:
    asked = []
    async with misbehaving(api_server, lambda *call: asked.append(call) or instead) as access:  # type: ignore[func-returns-value]
        with pytest.raises(kind, match="listing"):
            await names(access)
    assert len(asked) == QUICK.attempts


async def test_who_is_gone_for_one_is_not_waited_for_by_the_next(api_server: ApiServer) -> None:
    asked: list[Any] = []

    def cut(*call: str) -> bytes:
        asked.append(call)
        return b""

    async with misbehaving(api_server, cut) as access, access.client(retry=QUICK) as client:
        for _ in range(2):
            with pytest.raises(UnreachableError):
                await client.get("/version", "asking")
    assert len(asked) == QUICK.attempts + 1


async def test_answers_are_told_apart(api_server: ApiServer) -> None:
    with api_server.namespaces("kinds") as (namespace,):
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
        async with api_server.access.client() as client:
            await client.apply(f"{path}/c", config_map, "applying")
            with pytest.raises(ConflictError):
                await client.send(Call("POST", path, "making", content=config_map))
            with pytest.raises(NotFoundError):
                await client.get(f"{path}/d", "reading")
        async with api_server.user("nobody").client() as client:
            with pytest.raises(ForbiddenError, match=r"reading: .*nobody"):
                await client.get(f"{path}/c", "reading")


def test_no_key_is_left_in_a_file(api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Identity(read_context(api_server.kubeconfig), {})
    assert list(tmp_path.iterdir()) == []
    assert stat.S_IMODE(api_server.control_plane.kubeconfig.stat().st_mode) == 0o600


async def test_every_image_of_a_pod_and_of_an_idle_workload_is_found(api_server: ApiServer) -> None:
    containers = [{"name": "main", "image": "reg.test/main:1"}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": containers, "initContainers": [{"name": "init", "image": "reg.test/init:1"}]},
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "reg.test/idle:1"}]}}
    idle = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    job = {
        "spec": {
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "reg.test/night:1"}]}}
        }
    }
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}}
    cron["spec"] = {"schedule": "0 0 1 1 *", "jobTemplate": job}
    status = {
        "containerStatuses": [
            {
                "name": "main",
                "image": "reg.test/main:1",
                "imageID": f"reg.test/main@{DIGEST}",
                "ready": True,
                "restartCount": 0,
            }
        ]
    }
    with api_server.namespaces("images") as (namespace,):
        for document in (pod, idle, cron):
            api_server.create(namespace, document)
        patch = json.dumps({"status": status})
        api_server.kubectl(
            "--namespace", namespace, "patch", "pod", "p", "--subresource", "status", "--type", "merge", "-p", patch
        )
        async with api_server.access.client() as client:
            found = await running_images(client)
            only_pods = await running_images(client, templates=False)
    mine = {image for image in found if image.reference.startswith("reg.test/")}
    assert mine == {
        ("reg.test/main:1", None),
        ("reg.test/main:1", DIGEST),
        (f"reg.test/main@{DIGEST}", DIGEST),
        ("reg.test/init:1", None),
        ("reg.test/idle:1", None),
        ("reg.test/night:1", None),
    }
    assert ("reg.test/idle:1", None) not in only_pods
