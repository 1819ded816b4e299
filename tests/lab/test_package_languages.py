"""The examples in other languages, as a stranger with the package runs them, on a node of the lab.

YAML runs by its official host; Go and TypeScript, whose hosts the embedded engine lacks, by the SDKs' own ways to start
the engine from a program.
"""

import json
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.package_project import PASSWORD, PackageProject, installed_package, package_project

# The first run on a machine builds hosts and SDKs, and downloads packages.
pytestmark = pytest.mark.timeout(1800)
PORTS = {"go": 6091, "typescript": 6092, "yaml": 6093}


@pytest.fixture(scope="module")
def package(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with examples and package, and the environment."""
    folder = tmp_path_factory.mktemp("package")
    return folder, installed_package(lab, folder)


@pytest.fixture
def project(
    lab: LabAccess, package: tuple[Path, dict[str, str]], request: pytest.FixtureRequest
) -> Iterator[PackageProject]:
    """The project, not up yet; destroyed at the end, however the test ended."""
    made = package_project(lab, *package, request.param, PORTS[request.param])
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error")


@pytest.mark.parametrize("project", ["yaml"], indirect=True)
def test_yaml_from_up_to_destroy(project: PackageProject, lab: LabAccess) -> None:
    its_up_answers(project)
    project.preview()

    lab.run("node-1", f"rm /etc/docker/certs.d/*:{PORTS['yaml']}/ca.crt").check()
    project.pulumi("refresh", "--yes", "--skip-preview")
    assert "pulling-build-1-apply" in project.pulumi("up", "--yes", "--skip-preview")
    assert present(lab, "yaml") == list(places("yaml"))
    project.preview()

    project.destroy()
    assert present(lab, "yaml") == []


@pytest.mark.parametrize("project", ["go"], indirect=True)
def test_go_from_up_to_destroy(project: PackageProject, lab: LabAccess) -> None:
    its_up_answers(project)
    assert present(lab, "go") == list(places("go"))
    project.destroy()
    assert present(lab, "go") == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js and npm are not on PATH")
@pytest.mark.parametrize("project", ["typescript"], indirect=True)
def test_typescript_from_up_to_destroy(project: PackageProject, lab: LabAccess) -> None:
    its_up_answers(project)
    assert present(lab, "typescript") == list(places("typescript"))
    project.destroy()
    assert present(lab, "typescript") == []


def its_up_answers(project: PackageProject) -> None:
    """Bring it up: the registry takes both logins, and no secret is in sight."""
    said = project.up()
    outputs = json.loads(project.pulumi("stack", "output", "--json", "--show-secrets"))

    assert outputs["credentials"]["ci"]["password"] == PASSWORD
    for account in ("ci", "team-a"):
        assert catalog(outputs, account) == {"repositories": []}
    for text in (said, project.pulumi("stack", "export")):
        assert PASSWORD not in text
        assert outputs["credentials"]["team-a"]["password"] not in text


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


def places(language: str) -> tuple[str, ...]:
    """Name what an example makes on the node."""
    folders = (f"/etc/towpath/registry-{language}", f"/data/registry-{language}")
    return (*folders, f"/etc/docker/certs.d/*:{PORTS[language]}")


def present(lab: LabAccess, language: str) -> list[str]:
    """Which of those are there."""
    return [place for place in places(language) if lab.run("node-1", f"ls -d {place}").status == 0]
