"""Upstreams in the settings: what is refused before anything is touched, and what a node is told of them."""

import json
import tomllib
from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.self_signed import certificate_for
from towpath.applier.entries import File
from towpath.errors import SettingsError
from towpath.machines.wishes import node_wish
from towpath.nodes.node import node_document
from towpath.settings import load_settings
from towpath.settings.settings import Settings

HOST = "upstream.example:5000"
CA, _ = certificate_for("10.0.0.1")


def settings(upstreams: Any, insecure: Sequence[str] = (), **registry: Any) -> Settings:
    return load_settings(
        {
            "towpath:nodes": json.dumps(
                {
                    "members": {"node-1": {"address": "10.0.0.5"}},
                    "upstreams": upstreams,
                    "setup": {"insecure_registries": list(insecure)},
                }
            ),
            "towpath:registry": json.dumps(registry),
            "towpath:accounts": json.dumps([{"name": "ci"}]),
        }
    )


@pytest.mark.parametrize(
    ("upstreams", "wanted"),
    [
        ({"https://quay.io": {}}, "'https://quay.io' is no registry's host"),
        ({"quay.io": {}}, "nodes.upstreams.quay.io names no place where its images are had"),
        ({"quay.io": {"ca_pem": CA, "fallback": False}}, "names no place where its images are had"),
        ({"quay.io": {"mirrors": [{"url": "mirror.example"}]}}, "'mirror.example' is no mirror's URL"),
        ({"quay.io": {"mirrors": [{"url": "https://me:pw@mirror.example"}]}}, "without credentials"),
    ],
)
def test_what_no_runtime_could_use_is_refused_with_its_key(upstreams: Any, wanted: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(upstreams)
    assert len(caught.value.findings) == 1
    assert wanted in caught.value.findings[0]


@pytest.mark.parametrize("value", ["http://plain.example", "plain.example/path", "10.0.0.0/64", "a b", ""])
def test_an_insecure_registry_that_would_keep_docker_from_starting_is_refused(value: str) -> None:
    """A reload only logs it: dockerd would go on, and fail at its next start."""
    with pytest.raises(SettingsError) as caught:
        settings({}, insecure=[value])
    assert "towpath:nodes.setup.insecure_registries[0]" in caught.value.findings[0]


@pytest.mark.parametrize("value", ["plain.example", "plain.example:5000", "10.0.0.0/8", "[fd00::1]:5000", "fd00::/8"])
def test_hosts_ports_and_networks_may_be_insecure(value: str) -> None:
    assert settings({}, insecure=[value]).nodes.setup.insecure_registries == (value,)


def test_a_cache_is_place_enough() -> None:
    assert settings({"quay.io": {}}, caches={"quay.io": {"port": 6001}})


def test_an_upstream_behind_a_ca_of_its_own_is_trusted_by_docker_and_containerd() -> None:
    wish = node_wish(settings({HOST: {"ca_pem": CA}}), "node-1", CA)
    files = {file.path: file.content for file in node_document(wish).files if isinstance(file, File)}

    assert files[f"/etc/docker/certs.d/{HOST}/ca.crt"] == CA
    assert files[f"@certs.d@/{HOST}/ca.crt"] == CA
    assert tomllib.loads(str(files[f"@certs.d@/{HOST}/hosts.toml"])) == {
        "server": f"https://{HOST}",
        "ca": "ca.crt",
        "host": {f"https://{HOST}": {"ca": "ca.crt"}},
    }
    assert files[f"/etc/containers/certs.d/{HOST}/ca.crt"] == CA
    assert files[f"/etc/rancher/k3s/towpath/{HOST}.crt"] == CA


def test_our_cache_is_asked_first_then_mirrors_then_the_upstream() -> None:
    mirrors = [{"url": "https://second.example"}, {"url": "https://third.example", "ca_pem": CA}]
    wish = node_wish(
        settings({"docker.io": {"mirrors": mirrors}}, caches={"docker.io": {"port": 6001}}, port=6000), "node-1", CA
    )

    assert [mirror.url for mirror in wish.upstreams[0].mirrors] == [
        "https://10.0.0.5:6001",
        "https://second.example",
        "https://third.example",
    ]


def with_upstream(**keys: object) -> dict[str, str]:
    nodes = {"members": {"node-1": {"address": "10.0.0.5"}}, "upstreams": {"quay.io": keys}}
    return {"towpath:nodes": json.dumps(nodes), "towpath:accounts": '[{"name": "ci"}]'}


def test_a_ca_may_stand_in_a_file_of_the_project() -> None:
    files = {"stacks/ca.pem": CA}
    assert (
        load_settings(with_upstream(ca_file="stacks/ca.pem"), files.__getitem__).nodes.upstreams["quay.io"].ca_pem == CA
    )


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (
            {"ca_file": "gone.pem"},
            "ca_file 'gone.pem' cannot be read (no such file); paths are relative to the project",
        ),
        ({"ca_file": "x", "ca_pem": "y"}, "has both ca_pem and ca_file; keep one of them"),
    ],
)
def test_a_file_that_cannot_be_a_ca_is_told_with_its_key(keys: dict[str, str], wanted: str) -> None:
    def read(_path: str) -> str:
        raise FileNotFoundError(2, "no such file")

    with pytest.raises(SettingsError) as caught:
        load_settings(with_upstream(**keys), read)
    assert caught.value.findings == [f"towpath:nodes.upstreams.quay.io: {wanted}"]


def test_a_file_that_holds_no_certificate_is_refused_like_a_ca_that_is_none() -> None:
    with pytest.raises(SettingsError, match="holds no readable certificate"):
        load_settings(with_upstream(ca_file="ca.pem"), lambda _: "nothing")
