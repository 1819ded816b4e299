"""Kubeconfigs, credential plugins, and requests that are repeated."""

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.plugins.kubernetes.client import ApiClient, pause_before_retry
from engine.plugins.kubernetes.errors import ApiError, ConnectionLostError, CredentialPluginError, KubeconfigError
from engine.plugins.kubernetes.exec_credential import run_credential_plugin
from engine.plugins.kubernetes.kubeconfig import Access, find_access, merge, parse, select
from engine.plugins.kubernetes.settings import Settings
from engine.plugins.kubernetes.transport import open_client


def kubeconfig(server: str = "https://10.0.0.1:6443", **user: Any) -> dict[str, Any]:
    return {
        "current-context": "lab",
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "contexts": [{"name": "lab", "context": {"cluster": "one", "user": "me", "namespace": "team"}}],
        "users": [{"name": "me", "user": user}],
    }


def test_content_and_path_give_the_same_access(tmp_path: Path) -> None:
    text = json.dumps(kubeconfig(token="t"))
    file = tmp_path / "config"
    file.write_text(text)
    by_content = find_access(Settings(kubeconfig=text), {})
    assert find_access(Settings(kubeconfig=str(file)), {}) == by_content
    assert find_access(Settings(), {"KUBECONFIG": f"/nowhere:{file}"}) == by_content
    assert (by_content.server, by_content.namespace, by_content.user) == (
        "https://10.0.0.1:6443",
        "team",
        {"token": "t"},
    )
    assert "t'" not in repr(by_content)


def test_files_are_those_beside_the_kubeconfig(tmp_path: Path) -> None:
    user: dict[str, Any] = {"client-certificate": "c.pem", "exec": {"command": "./login"}}
    document = kubeconfig(**user)
    access = select(parse(json.dumps(document), tmp_path))
    assert access.user["client-certificate"] == str(tmp_path / "c.pem")
    assert access.user["exec"]["command"] == str(tmp_path / "login")
    with pytest.raises(KubeconfigError, match=r"client-certificate: cannot read .*c\.pem"):
        access.data(access.user, "client-certificate")


def test_the_first_of_several_kubeconfigs_wins_by_name() -> None:
    first, second = kubeconfig(token="a"), kubeconfig(token="b")
    second["clusters"].append({"name": "two", "cluster": {"server": "https://two"}})
    merged = merge([parse(json.dumps(first)), parse(json.dumps(second))])
    assert select(merged).user == {"token": "a"}
    assert select(merged, cluster="two", namespace="x").server == "https://two"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{token: s3cret-s3cret", "neither a file that exists nor YAML"),
        ("/no/such/file", "neither a file that exists nor a kubeconfig"),
        ("{}", "current-context"),
        (json.dumps({**kubeconfig(), "current-context": "none"}), "contexts has no 'none'; it has lab"),
        (json.dumps({**kubeconfig(), "clusters": []}), "clusters has no 'one'"),
        (json.dumps({**kubeconfig(), "users": []}), "users has no 'me'"),
        (json.dumps({**kubeconfig(), "clusters": [{"name": "one", "cluster": {}}]}), "no server"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_explained_without_its_content(text: str, reason: str) -> None:
    with pytest.raises(KubeconfigError, match=reason) as failed:
        find_access(Settings(kubeconfig=text), {})
    assert "s3cret" not in str(failed.value)


def test_no_kubeconfig_at_all_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(KubeconfigError, match="current-context: missing"):
        find_access(Settings(), {})


def plugin(tmp_path: Path, script: str, **more: Any) -> Access:
    command = tmp_path / "login"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o700)
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(command), **more}
    return Access("https://x", "default", {"server": "https://x", "certificate-authority-data": "Q0E="}, {"exec": run})


def test_a_credential_plugin_gets_its_arguments_environment_and_request(tmp_path: Path) -> None:
    script = """printf '{"status": {"token": "%s"}}' "$1/$WHO/$(echo "$KUBERNETES_EXEC_INFO" | grep -c Q0E=)" """
    access = plugin(tmp_path, script, args=["arg"], env=[{"name": "WHO", "value": "me"}], provideClusterInfo=True)
    assert run_credential_plugin(access, {"PATH": "/bin:/usr/bin"}).token == "arg/me/1"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo sign in at https://login.test >&2; exit 3", "exit status 3: sign in at https://login.test"),
        ("echo hello", "not an ExecCredential"),
        ("""echo '{"status": {}}'""", "neither token nor clientCertificateData"),
    ],
)
def test_a_credential_plugin_that_fails_is_named_with_its_reason(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(CredentialPluginError, match=rf"login' failed: .*{reason}"):
        run_credential_plugin(plugin(tmp_path, script), {})


def test_a_credential_plugin_that_is_missing_gives_its_hint_and_no_token_is_quoted(tmp_path: Path) -> None:
    access = plugin(tmp_path, "", command="/no/such/login", installHint="get it at your desk")
    with pytest.raises(CredentialPluginError, match="get it at your desk"):
        run_credential_plugin(access, {})
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAifQ"
    with pytest.raises(CredentialPluginError) as failed:
        run_credential_plugin(plugin(tmp_path, f"echo bad {token} >&2; exit 1"), {})
    assert token not in str(failed.value)


def test_pauses_grow_obey_the_server_and_end() -> None:
    assert [pause_before_retry(attempt, 503) for attempt in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert pause_before_retry(1, 429, "2") == 2.0
    assert pause_before_retry(1, None) == 0.1
    assert pause_before_retry(7, None) is None
    assert pause_before_retry(1, 409) is None


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers with the next of the scripted statuses; 0 closes the connection."""

    protocol_version = "HTTP/1.1"
    script: list[int]
    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        status = self.script.pop(0) if self.script else 200
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        body = json.dumps({"message": f"status {status}", "reason": "R", "ok": True}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Warning", '299 - "be \\"careful\\""')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Scripted]]]:
    handler = type("Handler", (Scripted,), {"script": [], "seen": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        serving.daemon_threads = True
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", handler
        serving.shutdown()


def request(url: str, **user: Any) -> dict[str, Any]:
    warnings: list[str] = []
    access = select(parse(json.dumps(kubeconfig(url, **user))))
    with open_client(access, {}) as http_client:
        answer = ApiClient(http_client, threading.Event()).request("GET", "/x", warn=warnings.append)
    return {**answer, "warnings": warnings}


def test_what_the_server_could_not_serve_is_asked_again(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.script[:] = [503, 0, 429]
    answer = request(url, token="t")
    assert answer["ok"]
    assert answer["warnings"] == ['be "careful"']
    assert handler.seen == [("/x", "Bearer t")] * 4


def test_what_the_server_refuses_is_not(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.script[:] = [422]
    with pytest.raises(ApiError, match="status 422") as refused:
        request(url, username="u", password="p")
    assert refused.value.is_invalid
    assert refused.value.reason == "R"
    assert handler.seen == [("/x", "Basic " + base64.b64encode(b"u:p").decode())]


def test_a_refused_token_is_renewed_once(server: tuple[str, type[Scripted]], tmp_path: Path) -> None:
    url, handler = server
    count = tmp_path / "count"
    script = f"""echo x >> {count}; printf '{{"status": {{"token": "t%s"}}}}' "$(wc -l < {count})" """
    run = plugin(tmp_path, script).user["exec"]
    handler.script[:] = [401]
    assert request(url, exec=run)["ok"]
    assert [authorization for _, authorization in handler.seen] == ["Bearer t1", "Bearer t2"]


def test_a_server_that_stays_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.plugins.kubernetes.client._FIRST_PAUSE_SECONDS", 0.001)
    with pytest.raises(ConnectionLostError, match=r"http://127\.0\.0\.1:1 does not answer: .*refused"):
        request("http://127.0.0.1:1")


def test_certificates_that_cannot_be_used_are_an_error_of_the_kubeconfig() -> None:
    document = kubeconfig(**{"client-certificate-data": "bm90IGEgY2VydA==", "client-key-data": "bm90IGEga2V5"})
    with pytest.raises(KubeconfigError, match=r"certificates of https://10\.0\.0\.1:6443 cannot be used"):
        open_client(select(parse(json.dumps(document))), {})
    broken = kubeconfig(**{"client-certificate-data": "%%%", "client-key-data": "%%%"})
    with pytest.raises(KubeconfigError, match="client-certificate-data: is not base64"):
        open_client(select(parse(json.dumps(broken))), {})


def test_a_private_server_is_not_asked_by_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    for url, proxied in (("https://10.0.0.1:6443", False), ("https://cluster.example:6443", True)):
        with open_client(select(parse(json.dumps(kubeconfig(url)))), {}) as client:
            assert isinstance(client, httpx.Client)
            assert bool(client._mounts) is proxied
