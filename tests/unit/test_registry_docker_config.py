"""What `docker login` kept: which entry is chosen, helpers, and what is said of a broken file."""

import base64
import json
import stat
from pathlib import Path

import pytest

from towpath.registry_client.credentials import Credentials
from towpath.registry_client.docker_config import DockerConfigError, credentials_for, select

REGISTRY = "registry.test:6000"


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def unasked(helper: str, server: str) -> str | None:
    raise AssertionError("no helper is to be asked")


@pytest.mark.parametrize("key", [REGISTRY, f"https://{REGISTRY}", f"https://{REGISTRY}/v2/"])
def test_the_entry_of_this_registry_is_taken_however_it_is_keyed(key: str) -> None:
    config = {"auths": {"other.test": auth("x:y"), key: auth("alice:a:b")}}
    assert select(REGISTRY, config, unasked) == Credentials("alice", "a:b")


def test_docker_hub_is_kept_under_its_old_name() -> None:
    config = {"auths": {"https://index.docker.io/v1/": auth("a:b")}}
    assert select("docker.io", config, unasked) == Credentials("a", "b")


def test_another_port_or_host_is_another_registry() -> None:
    config = {"auths": {"registry.test": auth("a:b"), "registry.test:6001": auth("a:b")}}
    assert select(REGISTRY, config, unasked) is None
    assert select(REGISTRY, {}, unasked) is None
    assert select(REGISTRY, {"auths": {REGISTRY: {}}}, unasked) is None


def test_an_identity_token_goes_before_a_password() -> None:
    entry = {**auth("a:b"), "identitytoken": "tok" + "en"}
    found = select(REGISTRY, {"auths": {REGISTRY: entry}}, unasked)
    assert found is not None
    assert found.identity_token == "token"


def test_a_helper_for_the_registry_goes_before_the_store_and_that_before_the_file() -> None:
    asked = []

    def ask(helper: str, server: str) -> str | None:
        asked.append((helper, server))
        return json.dumps({"Username": "alice", "Secret": helper})

    config = {"auths": {REGISTRY: auth("a:b")}, "credsStore": "store", "credHelpers": {REGISTRY: "own"}}
    assert select(REGISTRY, config, ask) == Credentials("alice", "own")
    assert select("other.test", config, ask) == Credentials("alice", "store")
    assert asked == [("own", REGISTRY), ("store", "other.test")]


def test_a_helper_may_give_a_token_or_nothing() -> None:
    answer = json.dumps({"Username": "<token>", "Secret": "s"})
    found = select(REGISTRY, {"credsStore": "x"}, lambda *_: answer)
    assert found is not None
    assert (found.identity_token, found.password) == ("s", "")
    assert select(REGISTRY, {"credsStore": "x"}, lambda *_: None) is None


def test_a_helper_that_answers_otherwise_is_named_and_its_answer_is_not() -> None:
    with pytest.raises(DockerConfigError, match="docker-credential-x") as caught:
        select(REGISTRY, {"credsStore": "x"}, lambda *_: "my-secret")
    assert "my-secret" not in str(caught.value)


def test_a_real_helper_is_run_with_the_server_on_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text(
        '#!/bin/sh\nread server; [ "$1" = get ] || exit 3\necho "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$server\\"}"\n'
    )
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "config.json").write_text('{"credsStore": "mine"}')
    assert credentials_for(REGISTRY, {"DOCKER_CONFIG": str(tmp_path)}) == Credentials("u", REGISTRY)
    (tmp_path / "config.json").write_text('{"credsStore": "absent"}')
    with pytest.raises(DockerConfigError, match="docker-credential-absent is named"):
        credentials_for(REGISTRY, {"DOCKER_CONFIG": str(tmp_path)})


def test_without_a_file_nobody_is_logged_in_and_a_broken_one_is_not_shown(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    assert credentials_for(REGISTRY, environment) is None
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text("{hidden")
    with pytest.raises(DockerConfigError, match=r"config\.json") as caught:
        credentials_for(REGISTRY, environment)
    assert "hidden" not in str(caught.value)
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {REGISTRY: {"auth": "not base64"}}}))
    with pytest.raises(DockerConfigError, match="docker login"):
        credentials_for(REGISTRY, environment)
