"""The API server on loopback that other tests use: real, closed, quick to go and come back, gone with its owner."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab.cluster.authority import Identity
from lab.cluster.kubectl import Kubectl
from lab.cluster.local_control_plane import ControlPlane
from lab.errors import CommandError
from tests.lab.cluster_access import until


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as started:
        yield started


def processes_with(text: str) -> list[int]:
    """The processes that have the text in one of their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                arguments = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in arguments:
                found.append(int(entry.name))
    return found


def test_namespaces_come_with_a_service_account_and_go(control_plane: ControlPlane) -> None:
    kubectl = control_plane.kubectl
    kubectl("create", "namespace", "team-a")

    until(lambda: "default" in kubectl("get", "serviceaccounts", "-n", "team-a"), "the ServiceAccount is made")
    kubectl("delete", "namespace", "team-a", "--timeout=180s")

    assert "team-a" not in kubectl("get", "namespaces")


def test_another_user_has_the_rights_given_and_no_more(control_plane: ControlPlane, tmp_path: Path) -> None:
    admin, kubeconfig = control_plane.kubectl, tmp_path / "eve"
    kubeconfig.write_bytes(control_plane.site.pki.kubeconfig("eve", Identity("eve"), control_plane.site.server))
    eve = Kubectl(admin.program, kubeconfig)
    admin("create", "namespace", "rights")
    admin("create", "role", "reader", "-n", "rights", "--verb=get,list", "--resource=secrets")
    admin("create", "rolebinding", "eve", "-n", "rights", "--role=reader", "--user=eve")

    assert "No resources" not in eve("get", "secrets", "-n", "rights")
    with pytest.raises(CommandError, match="forbidden"):
        eve("get", "secrets", "-n", "default")


def test_it_listens_on_loopback_with_a_certificate_of_its_own(control_plane: ControlPlane) -> None:
    authority = control_plane.site.pki.certificate_authority().certificate
    trust = ssl.create_default_context(cafile=str(authority))

    with httpx.Client(verify=trust, trust_env=False) as client:
        answer = client.get(f"{control_plane.site.server}/api/v1/secrets")

    assert control_plane.site.server.startswith("https://127.0.0.1:")
    assert answer.status_code == 403


def test_it_comes_back_on_its_port_with_its_data(control_plane: ControlPlane) -> None:
    server = control_plane.site.server
    control_plane.kubectl("create", "namespace", "kept")

    control_plane.stop()
    with pytest.raises(CommandError):
        control_plane.kubectl("get", "namespaces", "--request-timeout=2s")
    control_plane.start()

    assert control_plane.site.server == server
    assert "kept" in control_plane.kubectl("get", "namespaces")


def test_its_files_are_ours_alone(control_plane: ControlPlane) -> None:
    files = [path for path in (control_plane.folder / "pki").iterdir() if path.is_file()]

    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_command_that_started_it(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "lab.cluster", "apiserver", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"export KUBECONFIG={folder}/pki/admin.kubeconfig\n"
        assert len(processes_with(f"{folder}/")) >= 3

        process.send_signal(how)
        process.wait(timeout=180)

    until(lambda: processes_with(f"{folder}/") == [], "all its programs have ended")
