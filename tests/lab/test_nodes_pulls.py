"""What nodes can pull before and after `up`, and which way it goes: by Docker and by containerd's CRI."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab.paths import Paths
from tests.lab.lab_access import LabAccess, Result, finished
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace

PORT = 6020
IMAGE = "upstream.towpath.test/hello:1"
DROP_INS = [f"/etc/systemd/system/{unit}.service.d/towpath-proxy.conf" for unit in ("docker", "containerd")]


@dataclass(frozen=True)
class Pulling:
    """A stack with two proxied nodes, and what was seen before it was up."""

    stack: StackWorkspace
    nodes: tuple[NodeAccess, NodeAccess]
    before: dict[str, Result]
    preview: str

    @property
    def private(self) -> str:
        """An image in the private registry."""
        return f"{self.nodes[0].address}:{PORT}/team-a/hello:1"

    @property
    def login(self) -> tuple[str, str]:
        """User and password of an account that may pull."""
        login = self.stack.outputs()["credentials"]["team-a"]
        return login["username"], login["password"]


@pytest.fixture(scope="module")
def pulling(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pulling]:
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("pulls"), PORT)
    stack.change("nodes", upstreams={lab.upstream: {"ca_pem": (lab.state / "upstream-ca.pem").read_text()}})
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"], "no_proxy": ["corp.example"]})
    before = {
        f"{how} on {node.name}": pull(IMAGE)
        for node in spare_nodes
        for how, pull in (("docker", node.docker_pull), ("cri", node.cri_pull))
    }
    preview = stack.preview().ok().output
    stack.up().ok()
    pulling = Pulling(stack, spare_nodes, before, preview)
    push(lab, pulling)
    yield pulling
    stack.destroy().ok()


def push(lab: LabAccess, pulling: Pulling) -> None:
    """Push hello:1 to the private registry from this machine."""
    outputs = pulling.stack.outputs()
    login = outputs["credentials"]["ci"]
    trust = pulling.stack.folder / "trust"
    trust.mkdir()
    (trust / "ca.crt").write_text(outputs["registry"]["ca_pem"])
    source = f"docker-archive:{Paths().images / 'hello.tar'}"
    options = ("--insecure-policy", "--dest-cert-dir", str(trust))
    credentials = ("--dest-creds", f"{login['username']}:{login['password']}")
    finished(
        ["skopeo", "copy", "--quiet", *options, *credentials, source, f"docker://{pulling.private}"], env=lab.env
    ).check()


def manifests_asked_of_upstream(lab: LabAccess, since: int) -> list[str]:
    """Return `PROGRAM PATH` of every manifest that the proxy fetched from the upstream, each once, sorted."""
    log = upstream_log(lab)[since:]
    asked = re.findall(
        r'^10\.89\.1\.2 .*"(?:GET|HEAD) (/v2/\S+/manifests/\S+) HTTP/1.1" 200 \d+ "" "(\w+)/', log, re.MULTILINE
    )
    return sorted({f"{program} {path}" for path, program in asked if "sha256" not in path})


def upstream_log(lab: LabAccess) -> str:
    daemon = f"unix://{Paths().daemon_socket}"
    return finished(["docker", "--host", daemon, "logs", "upstream"], env=lab.env).check().stdout


def test_before_up_no_runtime_can_pull(pulling: Pulling) -> None:
    assert len(pulling.before) == 4
    for place, pull in pulling.before.items():
        assert pull.status != 0, place
        assert "lookup upstream.towpath.test" in pull.output, place


def test_the_preview_shows_no_proxy_completed(pulling: Pulling) -> None:
    first, second = (node.address for node in pulling.nodes)
    shown = [
        set(re.findall(r': "(.*)"', part)) for part in re.findall(r"no_proxy: \[(.*?)\]\n", pulling.preview, re.DOTALL)
    ]

    written = {"corp.example", "10.89.0.0/24"}
    completed = {"localhost", "127.0.0.0/8", "::1", ".svc", ".cluster.local", first}
    assert sorted(shown, key=len) == [written | completed, written | completed | {second}]


def test_after_up_both_runtimes_pull_through_the_proxy_and_nothing_else_goes_there(
    lab: LabAccess, pulling: Pulling
) -> None:
    mark, seen = lab.squid_mark(), len(upstream_log(lab))

    for node in pulling.nodes:
        node.docker_pull(IMAGE).check()
        node.cri_pull(IMAGE).check()
        node.close_connections()

    for node in pulling.nodes:
        requests = requests_of(node, mark.lines())
        assert requests == {f"TCP_TUNNEL/200 CONNECT {lab.upstream}:443"}, mark.lines()
    assert manifests_asked_of_upstream(lab, seen) == [
        "containerd /v2/hello/manifests/1",
        "docker /v2/hello/manifests/1",
    ]


def test_the_private_registry_is_pulled_from_with_verification_and_not_through_the_proxy(
    lab: LabAccess, pulling: Pulling
) -> None:
    mark = lab.squid_mark()
    user, password = pulling.login
    registry = pulling.private.partition("/")[0]

    for node in pulling.nodes:
        assert node.docker_pull(pulling.private).status != 0, "without a login"
        node.sh(f"docker login -u {user} --password-stdin {registry} 2>&1", stdin=password)
        node.sh(f"docker pull -q {pulling.private}; s=$?; docker logout {registry}; exit $s")
        node.cri_pull(pulling.private, f"{user}:{password}").check()
        node.close_connections()

    for node in pulling.nodes:
        assert requests_of(node, mark.lines()) == set()


def test_a_node_outside_of_the_stack_does_not_trust_the_registry(lab: LabAccess, pulling: Pulling) -> None:
    refused = lab.docker("pull", pulling.private, node="node-2")

    assert refused.status != 0
    assert "certificate signed by unknown authority" in refused.output


def test_another_certificate_at_the_registrys_address_is_refused(pulling: Pulling) -> None:
    """Verification is on for the CRI: with another CA in the place of ours, the pull ends at the certificate."""
    node = pulling.nodes[1]
    folder = f"/etc/containerd/certs.d/{node_registry(pulling)}"
    user, password = pulling.login
    other = node.sh("cat /etc/containerd/certs.d/upstream.towpath.test/ca.crt")
    ours = node.read(f"{folder}/ca.crt")
    bundle = node.read("/etc/ssl/certs/ca-certificates.crt")
    node.write(f"{folder}/ca.crt", other)
    node.write("/etc/ssl/certs/ca-certificates.crt", other)
    node.sh("mv /etc/ssl/certs /etc/ssl/certs.away && systemctl restart containerd")
    try:
        refused = node.cri_pull(pulling.private, f"{user}:{password}")
    finally:
        node.sh("mv /etc/ssl/certs.away /etc/ssl/certs")
        node.write(f"{folder}/ca.crt", ours)
        node.write("/etc/ssl/certs/ca-certificates.crt", bundle)
        node.sh("systemctl restart containerd")

    assert refused.status != 0
    assert "certificate signed by unknown authority" in refused.output


def test_an_account_at_the_proxy_with_an_odd_password_works_and_stays_secret(lab: LabAccess, pulling: Pulling) -> None:
    user, password = lab.proxy_credentials
    port = lab.proxy_authenticated_port
    url = f"http://{user}:{password.replace('%', '%25')}@10.89.0.2:{port}"
    stack, mark = pulling.stack, lab.squid_mark()
    stack.set_secret("proxy.http", url)

    preview = stack.preview().ok().output
    done = stack.up().ok().output

    for node in pulling.nodes:
        node.docker_pull(IMAGE).check()
        node.cri_pull(IMAGE).check()
        node.close_connections()
        modes = node.sh(f"stat -c '%a %U:%G' {' '.join(DROP_INS)}").splitlines()
        assert modes == ["600 root:root", "600 root:root"]
        users = {line.split()[7] for line in mark.lines() if line.split()[2] == node.address}
        assert users == {user}
    shown = json.dumps([preview, done, stack.export()])
    for secret in (password, password[:16]):
        assert json.dumps(secret)[1:-1] not in shown
    for runtime in ("docker", "containerd"):
        assert re.search(rf"~ {runtime} *: ", preview), f"the preview does not say that {runtime} restarts"


def node_registry(pulling: Pulling) -> str:
    return f"{pulling.nodes[0].address}:{PORT}"


def requests_of(node: NodeAccess, lines: list[str]) -> set[str]:
    """Return `RESULT METHOD TARGET` of a node's requests in squid's own log format."""
    fields = [line.split() for line in lines]
    return {f"{field[3]} {field[5]} {field[6]}" for field in fields if field[2] == node.address}
