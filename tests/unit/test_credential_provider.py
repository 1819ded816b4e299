"""kubelet's credential provider: what its plugin answers, what kubelet is told, when it restarts."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from towpath.applier.actors import Command, Service
from towpath.applier.entries import File
from towpath.nodes.node import logins_document, node_document
from towpath.nodes.wish import NodeWish, RegistryLogin, Runtime

SCRIPTS = Path(__file__).parents[2] / "towpath" / "nodes" / "script"
LOGINS = (
    RegistryLogin("10.0.0.5:6000", "team-a.1", 'p\\a"s $`s'),
    RegistryLogin("docker.io", "bot", "hub"),
    RegistryLogin("ghcr.io", "bot", "cat"),
)


def documented(runtimes: frozenset[Runtime] | None = None, logins: tuple[RegistryLogin, ...] = LOGINS) -> Any:
    return node_document(NodeWish(logins=logins, runtimes=runtimes))


def files(document: Any) -> dict[str, File]:
    return {entry.path: entry for entry in document.files if isinstance(entry, File)}


def answer(tmp_path: Path, image: str) -> dict[str, Any]:
    """What the plugin says about an image, asked as kubelet asks."""
    credentials = tmp_path / "credentials"
    credentials.write_text(str(files(documented())["/etc/towpath/kubelet/credentials"].content))
    request = {
        "kind": "CredentialProviderRequest",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "image": image,
    }
    ran = subprocess.run(
        ["sh", SCRIPTS / "credentials.sh"],
        input=json.dumps(request, indent=1),
        env={"PATH": "/usr/bin:/bin", "TOWPATH_CREDENTIALS": str(credentials)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(
    ("image", "host", "login"),
    [
        ("10.0.0.5:6000/team/app:1", "10.0.0.5:6000", ("team-a.1", 'p\\a"s $`s')),
        ("docker.io/library/nginx", "docker.io", ("bot", "hub")),
        ("library/nginx", "docker.io", ("bot", "hub")),
        ("nginx:1", "docker.io", ("bot", "hub")),
        ("ghcr.io/a/b@sha256:" + "0" * 64, "ghcr.io", ("bot", "cat")),
    ],
)
def test_the_plugin_knows_the_login_of_an_image(tmp_path: Path, image: str, host: str, login: tuple[str, str]) -> None:
    found = answer(tmp_path, image)
    assert found["auth"] == {host: {"username": login[0], "password": login[1]}}
    assert (found["kind"], found["cacheDuration"]) == ("CredentialProviderResponse", "0s")


@pytest.mark.parametrize("image", ["quay.io/a/b", "10.0.0.5/a", "10.0.0.5:60000/a", "ghcr.io.evil.test/a", "[::1]:5/a"])
def test_the_plugin_gives_nothing_to_others(tmp_path: Path, image: str) -> None:
    assert answer(tmp_path, image)["auth"] == {}


def test_kubelet_asks_it_for_these_registries_and_restarts_only_for_what_it_reads_once() -> None:
    document = documented()
    config = yaml.safe_load(files(document)["/etc/towpath/kubelet/credential-provider.yaml"].content)
    assert config["providers"][0]["matchImages"] == ["10.0.0.5:6000", "docker.io", "ghcr.io"]
    assert files(document)["/etc/towpath/kubelet/credentials"].mode == "0600"
    kubelet = next(each for each in document.actors if isinstance(each, Service) and each.name == "kubelet")
    assert "/etc/towpath/kubelet/credential-provider.yaml" in kubelet.restart_on
    assert "/etc/towpath/kubelet/credentials" not in kubelet.restart_on
    assert {"hub", "cat"} <= set(document.secrets)


def test_a_node_without_logins_has_nothing_of_it() -> None:
    assert not [path for path in files(documented(logins=())) if "kubelet" in path]
    assert not documented(logins=()).actors


def test_k3s_and_rke2_get_it_by_their_own_configuration() -> None:
    document = documented(frozenset({"k3s-agent", "rke2-server"}))
    found = files(document)
    k3s = yaml.safe_load(found["/etc/rancher/k3s/config.yaml.d/50-towpath.yaml"].content)
    assert k3s == {
        "image-credential-provider-bin-dir": "/etc/towpath/kubelet/bin",
        "image-credential-provider-config": "/etc/towpath/kubelet/credential-provider.yaml",
    }
    assert "/etc/systemd/system/kubelet.service.d/towpath-credentials.conf" not in found
    services = {each.name: each.restart_on for each in document.actors if isinstance(each, Service)}
    assert services["rke2-server"][0] == "/etc/rancher/rke2/config.yaml.d/50-towpath.yaml"
    assert set(services) == {"k3s-agent", "rke2-server"}
    assert not [each for each in document.actors if isinstance(each, Command)]


@pytest.mark.parametrize(
    ("theirs", "wanted"),
    [
        ("", 'KUBELET_EXTRA_ARGS=" --image-'),
        ('--node-labels=a="b c" --v=2', 'KUBELET_EXTRA_ARGS="--node-labels=a=\\"b c\\" --v=2 --image-'),
        ("--image-credential-provider-config=/theirs", None),
    ],
)
def test_the_arguments_of_others_stay(tmp_path: Path, theirs: str, wanted: str | None) -> None:
    script = tmp_path / "arguments.sh"
    script.write_text((SCRIPTS / "kubelet_arguments.sh").read_text().replace("/run/towpath", str(tmp_path / "run")))
    environment = {"PATH": "/usr/bin:/bin", "KUBELET_EXTRA_ARGS": theirs}
    for argument in ((), ("forget",), ()):
        subprocess.run(["sh", script, *argument], env=environment, check=True)
    written = tmp_path / "run" / "kubelet.env"
    if wanted is None:
        assert not written.exists()
    else:
        assert written.read_text().startswith(wanted)


def test_logins_may_come_apart_after_a_registry_that_must_take_them_first() -> None:
    wish = NodeWish(logins=LOGINS, logins_apart=True)
    node, logins = node_document(wish), logins_document(wish, "logins")
    assert "/etc/towpath/kubelet/credentials" not in files(node)
    assert "/etc/towpath/kubelet/credential-provider.yaml" in files(node)
    assert node.secrets == ()
    assert list(files(logins)) == ["/etc/towpath/kubelet/credentials"]
    assert "hub" in logins.secrets
    assert not logins.actors, "nothing restarts for it"
