"""The YAML example, as a stranger with the package runs it: by the official host of YAML, on a node of the lab."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from engine.languages import install_languages
from engine.layout import Layout
from tests.engine.strangers import settle
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import engine_environment

PORT = "6071"
PASSWORD = "from-a-secret-of-the-stack"
WHERE = ("/etc/towpath/registry-yaml", "/data/registry-yaml", f"/etc/docker/certs.d/*:{PORT}")


@dataclass(frozen=True)
class YamlProject:
    """The example's folder, with a stack whose configuration names the lab's node."""

    folder: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, stdin: str = "") -> str:
        """Run the CLI; returns both streams."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def project(lab: LabAccess, tmp_path: Path) -> Iterator[YamlProject]:
    """The project, not up yet; destroyed at the end, however the test ended."""
    install_languages(Layout(), ["yaml"])
    settle(tmp_path / "examples")
    made = YamlProject(tmp_path / "examples" / "yaml", engine_environment(tmp_path / "state", lab.env))
    made.pulumi("stack", "init", "test")
    for key, value in {
        "address": lab.nodes["node-1"],
        "private_key_file": str(lab.key),
        "known_hosts_file": str(lab.known_hosts),
        "port": PORT,
    }.items():
        made.pulumi("config", "set", key, value)
    made.pulumi("config", "set", "--secret", "password", stdin=PASSWORD)
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error")


def test_a_registry_on_a_node_from_up_to_destroy(project: YamlProject, lab: LabAccess) -> None:
    said = project.pulumi("up", "--yes")
    outputs = json.loads(project.pulumi("stack", "output", "--json", "--show-secrets"))

    assert outputs["credentials"]["ci"]["password"] == PASSWORD
    for account in ("ci", "team-a"):
        assert catalog(outputs, account) == {"repositories": []}
    for text in (said, project.pulumi("stack", "export")):
        assert PASSWORD not in text
        assert outputs["credentials"]["team-a"]["password"] not in text
    project.pulumi("preview", "--expect-no-changes")

    lab.run("node-1", f"rm /etc/docker/certs.d/*:{PORT}/ca.crt").check()
    project.pulumi("refresh", "--yes", "--skip-preview")
    assert "pulling-build-1-apply" in project.pulumi("up", "--yes", "--skip-preview")
    assert present(lab) == list(WHERE)
    project.pulumi("preview", "--expect-no-changes")

    project.pulumi("destroy", "--yes", "--skip-preview")
    assert present(lab) == []


def catalog(outputs: dict[str, dict[str, dict[str, str]]], account: str) -> object:
    """Ask the registry what it holds, by the certificate and the login that the program gave out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=str(outputs["registry"]["ca_pem"]))
    login = outputs["credentials"][account]
    with httpx.Client(verify=context, trust_env=False, timeout=60) as client:
        answer = client.get(
            f"{outputs['registry']['url']}/v2/_catalog", auth=(login["username"], login["password"])
        ).raise_for_status()
    return answer.json()


def present(lab: LabAccess) -> list[str]:
    """Which of the places that the program makes are there."""
    return [place for place in WHERE if lab.run("node-1", f"ls -d {place}").status == 0]
