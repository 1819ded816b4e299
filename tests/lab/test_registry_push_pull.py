"""Pushing and pulling with the field's clients, through TLS and a password, with verification on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace

HOST = "10.89.0.11:6010"
HELLO = Path.home() / ".cache/towpath/lab/images/hello.tar"


@pytest.fixture(scope="module")
def clients(lab: LabAccess, stack: StackWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAccess]:
    """A lab shell whose clients are logged in and trust the stack's CA."""
    folder = tmp_path_factory.mktemp("clients")
    outputs = stack.outputs()
    (folder / "ca.pem").write_text(outputs["registry"]["ca_pem"])
    trusted = f"{lab.env['SSL_CERT_DIR']}:{folder}"
    shell = LabAccess({**lab.env, "SSL_CERT_DIR": trusted, "DOCKER_CONFIG": str(folder)})
    login = outputs["credentials"]["ci"]
    shell.docker("login", "-u", login["username"], "--password-stdin", HOST, stdin=login["password"]).check()
    yield shell
    shell.docker("logout", HOST)


@pytest.fixture(scope="module")
def stranger(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> LabAccess:
    """A lab shell that is not logged in and does not know the stack's CA."""
    return LabAccess({**lab.env, "DOCKER_CONFIG": str(tmp_path_factory.mktemp("stranger"))})


def test_docker_pushes_on_one_node_and_pulls_on_the_other(lab: LabAccess, clients: LabAccess) -> None:
    reference = f"{HOST}/proof/docker:1"
    clients.docker("load", "--quiet", "--input", str(HELLO)).check()
    clients.docker("tag", "hello:1", reference).check()
    clients.docker("push", reference).check()
    clients.docker("image", "rm", "--force", reference, node="node-2")
    assert "hello from towpath" in clients.docker("run", "--rm", reference, node="node-2").check().stdout


def test_crane_pushes_and_pulls(clients: LabAccess, tmp_path: Path) -> None:
    reference = f"{HOST}/proof/crane:1"
    clients.crane("push", str(HELLO), reference).check()
    clients.crane("pull", reference, str(tmp_path / "pulled.tar")).check()
    assert clients.crane("digest", "--tarball", str(tmp_path / "pulled.tar")).check().stdout == (
        clients.crane("digest", reference).check().stdout
    )


def test_skopeo_pushes_and_pulls(clients: LabAccess, tmp_path: Path) -> None:
    reference = f"docker://{HOST}/proof/skopeo:1"
    auth = ("--authfile", f"{clients.env['DOCKER_CONFIG']}/config.json")
    clients.skopeo("copy", *auth, f"docker-archive:{HELLO}", reference).check()
    clients.skopeo("copy", *auth, reference, f"dir:{tmp_path / 'pulled'}").check()
    assert (tmp_path / "pulled" / "manifest.json").exists()


def test_nobody_gets_in_without_a_password(stack: StackWorkspace, clients: LabAccess, stranger: LabAccess) -> None:
    assert stack.catalog_status(account=None) == 401
    trusting = LabAccess({**clients.env, "DOCKER_CONFIG": stranger.env["DOCKER_CONFIG"]})
    refused = trusting.crane("catalog", HOST)
    assert refused.status != 0
    assert "401" in refused.output or "UNAUTHORIZED" in refused.output


def test_a_client_that_does_not_know_the_ca_refuses(clients: LabAccess, stranger: LabAccess) -> None:
    logged_in = LabAccess({**stranger.env, "DOCKER_CONFIG": clients.env["DOCKER_CONFIG"]})
    refused = logged_in.crane("catalog", HOST)
    assert refused.status != 0
    assert "unknown authority" in refused.output


def test_the_nodes_own_tools_trust_it(lab: LabAccess, stack: StackWorkspace) -> None:
    """The OS trust store, by the program that every Debian has."""
    asked = "openssl s_client -verify_return_error -verify_ip 10.89.0.11 -connect 10.89.0.11:6010 </dev/null"
    assert "Verification: OK" in lab.run("node-2", asked).check().stdout


def test_what_the_node_serves_is_what_the_by_hand_procedure_serves(lab: LabAccess, stack: StackWorkspace) -> None:
    container = "registry-6010"
    asked = lab.docker("inspect", container, "--format", "{{.HostConfig.RestartPolicy.Name}} {{.Config.User}}").check()
    assert asked.stdout == "always 10001:10001\n"
    assert "6010" in lab.docker("port", container, "443").check().stdout
    assert lab.run("node-1", "stat -c '%a %u' /data/registry-6010").stdout == "750 10001\n"
