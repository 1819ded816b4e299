"""The doctor on real nodes: all is well on a healthy stack; then one fault at a time, and just its own line fails."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace

PORT = 6030
CONTAINERD_DROP_IN = "/etc/systemd/system/containerd.service.d/towpath-proxy.conf"
DOCKER_DROP_IN = "/etc/systemd/system/docker.service.d/towpath-proxy.conf"


@dataclass(frozen=True)
class Told:
    """What the command printed, and how it ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def checks(self) -> list[dict[str, Any]]:
        return json.loads(self.stdout)["checks"]  # type: ignore[no-any-return]

    def failed(self) -> dict[tuple[str, str], str]:
        """Each failing check's way out, by node and check."""
        return {(each["node"], each["check"]): each["way_out"] for each in self.checks if each["state"] == "fail"}

    def state(self, node: str, check: str) -> str:
        found = {(each["node"], each["check"]): each["state"] for each in self.checks}
        assert (node, check) in found, self.stdout
        return str(found[node, check])


@dataclass(frozen=True)
class Clinic:
    """A stack of two proxied nodes, with its registry on the first."""

    stack: StackWorkspace
    first: NodeAccess
    second: NodeAccess

    def doctor(self, *options: str, stack: str | None = None) -> Told:
        """Run the command in the project's folder, as a person does."""
        done = subprocess.run(
            [sys.executable, "-m", "towpath", "doctor", "-s", stack or self.stack.stack, *options],
            cwd=self.stack.folder,
            env=self.stack.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def fails_alone(self, node: str, check: str) -> str:
        """See that just one check fails; return its way out."""
        told = self.doctor("--json")
        assert told.code == 1, told.stdout + told.stderr
        assert list(told.failed()) == [(node, check)], told.stdout
        return told.failed()[node, check]

    def is_well(self) -> Told:
        told = self.doctor("--json")
        assert told.failed() == {}
        assert told.code == 0, told.stderr
        return told


def proxy(lab: LabAccess, password: str) -> dict[str, Any]:
    """The settings of the proxy that wants a login."""
    user = lab.proxy_credentials[0]
    url = f"http://{user}:{quote(password, safe='')}@10.89.0.2:{lab.proxy_authenticated_port}"
    return {"http": url, "node_cidrs": ["10.89.0.0/24"]}


@pytest.fixture(scope="module")
def ill(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clinic]:
    """A stack that is not up yet, and whose settings have a wrong password for the proxy."""
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("doctor"), PORT)
    upstreams = {lab.upstream: {"ca_pem": (lab.state / "upstream-ca.pem").read_text()}}
    stack.change("nodes", upstreams=upstreams, setup={"runtimes": ["docker", "containerd"]})
    stack.change("registry", node=spare_nodes[0].name)
    stack.configure(proxy=proxy(lab, "not-the-password"))
    yield Clinic(stack, *spare_nodes)
    stack.pulumi("cancel", "--yes", "-s", stack.stack)
    stack.destroy("--continue-on-error").ok()


@pytest.fixture(scope="module")
def clinic(lab: LabAccess, ill: Clinic) -> Clinic:
    """The stack, up and well."""
    ill.stack.configure(proxy=proxy(lab, lab.proxy_credentials[1]))
    ill.stack.up().ok()
    return ill


def test_before_the_first_up_it_checks_what_there_is(ill: Clinic) -> None:
    told = ill.doctor("--json")
    proxies = {(ill.first.name, "proxy"), (ill.second.name, "proxy")}
    assert told.failed().keys() == proxies
    assert told.state("here", "stack") == "warn"
    assert told.state(ill.second.name, "runtime containerd") == "ok"


def test_a_wrong_password_for_the_proxy_fails_once_a_node(ill: Clinic) -> None:
    ill.stack.up().ok()
    told = ill.doctor("--json")
    assert told.failed() == {
        (node.name, "proxy"): "put the right user and password into towpath:proxy.https (or http)"
        for node in (ill.first, ill.second)
    }
    assert told.state(ill.second.name, "pull by containerd from upstream.towpath.test") == "skipped"
    assert "not-the-password" not in told.stdout + told.stderr


def test_all_is_well_over_one_connection_a_node(clinic: Clinic) -> None:
    accepted = "journalctl -u ssh --no-pager | grep -c 'Accepted publickey'"
    before = int(clinic.second.sh(accepted))
    told = clinic.is_well()
    # The one more is the connection that counts.
    assert int(clinic.second.sh(accepted)) - before == 1 + 1
    assert {each["state"] for each in told.checks} <= {"ok", "warn"}
    for runtime in ("docker", "containerd"):
        for host in (f"{clinic.first.address}:{PORT}", "upstream.towpath.test"):
            assert told.state(clinic.second.name, f"pull by {runtime} from {host}") == "ok"


def test_without_crictl_containerd_is_tried_by_ctr(clinic: Clinic) -> None:
    """The upstream can be reached only through the proxy that the daemon has, and trusted only by hosts.toml."""
    clinic.second.sh("mv /usr/local/bin/crictl /root/crictl")
    try:
        told = clinic.doctor("--json", "--node", clinic.second.name)
    finally:
        clinic.second.sh("mv /root/crictl /usr/local/bin/crictl")
    assert told.state(clinic.second.name, "pull by containerd from upstream.towpath.test") == "ok"
    assert told.code == 0


def test_nothing_changes_on_a_node(clinic: Clinic) -> None:
    before = (clinic.second.tree(), clinic.second.starts(), clinic.second.docker("images", "-a").stdout)
    clinic.doctor()
    assert (clinic.second.tree(), clinic.second.starts(), clinic.second.docker("images", "-a").stdout) == before
    assert "towpath-doctor" not in clinic.second.sh("ctr -n k8s.io images ls; ls /dev/shm /tmp")


def test_no_secret_shows_in_process_lists_or_output(lab: LabAccess, clinic: Clinic) -> None:
    watch = (
        "end=$(($(date +%s) + 12)); while [ $(date +%s) -lt $end ]; do cat /proc/[0-9]*/cmdline | tr '\\0' ' '; done"
    )
    seen: list[str] = []
    watching = threading.Thread(target=lambda: seen.append(clinic.second.sh(f"{watch} 2>/dev/null")))
    watching.start()
    told = clinic.doctor()
    watching.join()
    assert "s_client" in seen[0]
    assert "docker pull" in seen[0]
    password = lab.proxy_credentials[1]
    secrets = [password, quote(password, safe="")]
    secrets += [login["password"] for login in clinic.stack.outputs()["credentials"].values()]
    for secret in secrets:
        assert secret not in seen[0] + told.stdout + told.stderr


def test_the_table_and_one_node_alone(clinic: Clinic) -> None:
    told = clinic.doctor("--node", clinic.second.name)
    assert told.code == 0, told.stdout + told.stderr
    assert "What to do" in told.stdout
    assert clinic.second.name in told.stdout
    assert clinic.first.name not in told.stdout


def test_what_cannot_be_run_ends_with_2(clinic: Clinic) -> None:
    unknown = clinic.doctor("--node", "node-99")
    assert (unknown.code, unknown.stdout) == (2, "")
    assert "node-99: no node of" in unknown.stderr
    missing = clinic.doctor(stack="no-such-stack")
    assert missing.code == 2
    assert "no stack named 'no-such-stack' found" in missing.stderr


def test_a_stopped_registry(clinic: Clinic) -> None:
    clinic.first.docker("stop", f"registry-{PORT}").check()
    way_out = clinic.fails_alone(clinic.first.name, "container of the registry")
    assert way_out.startswith(f"docker start registry-{PORT} on the node")
    clinic.first.sh(f"docker start registry-{PORT}")


def test_a_ca_taken_out_of_the_os_store_is_brought_back_by_the_way_out(clinic: Clinic) -> None:
    clinic.second.sh("rm /usr/local/share/ca-certificates/towpath-*; update-ca-certificates --fresh 2>&1")
    way_out = clinic.fails_alone(clinic.second.name, "trust of the OS")
    assert way_out == f"pulumi up --refresh -s {clinic.stack.stack}"
    clinic.stack.up("--refresh").ok()
    clinic.is_well()


def test_a_trust_store_that_was_not_rebuilt(clinic: Clinic) -> None:
    """The CA's file is there, so that no file differs: only a look at the store itself can tell."""
    folder = "/usr/local/share/ca-certificates"
    clinic.second.sh(f"mv {folder} {folder}.aside && update-ca-certificates --fresh 2>&1 && mv {folder}.aside {folder}")
    way_out = clinic.fails_alone(clinic.second.name, "trust of the OS")
    assert "update-ca-certificates" in way_out
    clinic.second.sh("update-ca-certificates 2>&1")


def test_a_drop_in_edited_by_hand(clinic: Clinic) -> None:
    clinic.second.sh(f"cp -p {DOCKER_DROP_IN} /root/kept && echo '# mine' >>{DOCKER_DROP_IN}")
    assert clinic.fails_alone(clinic.second.name, "files") == f"pulumi up --refresh -s {clinic.stack.stack}"
    clinic.second.sh(f"mv /root/kept {DOCKER_DROP_IN} && systemctl daemon-reload")


def test_a_daemon_older_than_its_drop_in(clinic: Clinic) -> None:
    aside = f"mv {CONTAINERD_DROP_IN} /root/kept && systemctl daemon-reload && systemctl restart containerd"
    clinic.second.sh(f"{aside} && mv /root/kept {CONTAINERD_DROP_IN}")
    way_out = clinic.fails_alone(clinic.second.name, "proxy of containerd")
    assert way_out.endswith("systemctl restart containerd")
    clinic.second.sh(way_out)
    clinic.is_well()


def test_a_stopped_runtime(clinic: Clinic) -> None:
    clinic.second.sh("systemctl stop docker.socket docker")
    try:
        way_out = clinic.fails_alone(clinic.second.name, "runtime docker")
        assert way_out.startswith("systemctl start docker on the node")
    finally:
        clinic.second.sh("systemctl start docker")


def test_a_password_that_the_registry_does_not_know(clinic: Clinic) -> None:
    auth = clinic.first.sh(f"find /etc/towpath/registry-{PORT} -name htpasswd").strip()
    clinic.first.sh(f"cp -p {auth} /root/htpasswd && sed -i 's/^ci/cj/' {auth}")
    try:
        assert clinic.fails_alone("here", "accounts") == f"pulumi up --refresh -s {clinic.stack.stack}"
    finally:
        clinic.first.sh(f"cp -p /root/htpasswd {auth} && touch {auth} && rm /root/htpasswd")
