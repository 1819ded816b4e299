"""Nodes have one way out, the proxy, and the proxy has one place to go."""

import json
import shlex
import ssl

import httpx
import pytest

from tests.lab.lab_access import LabAccess

CONNECT = "timeout 5 bash -c '</dev/tcp/{address}/{port}'"


@pytest.fixture(params=["node-1", "node-2"])
def node(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("address", ["10.89.1.10", "10.89.1.2", "192.0.2.1", "1.1.1.1"])
def test_a_node_is_refused_every_address_outside(lab: LabAccess, node: str, address: str) -> None:
    answer = lab.run(node, CONNECT.format(address=address, port=443))

    assert answer.status == 1  # a time-out would be 124
    assert "Connection refused" in answer.stderr


def test_a_node_cannot_leave_by_a_route_of_its_own(lab: LabAccess, node: str) -> None:
    add, remove = (f"ip route {verb} 10.89.1.0/24 via 10.89.0.2" for verb in ("add", "del"))

    answer = lab.run(node, f"{add} && {CONNECT.format(address='10.89.1.10', port=443)}; s=$?; {remove}; exit $s")

    assert answer.status in {1, 124}


@pytest.mark.parametrize("name", ["upstream.towpath.test", "upstream2.towpath.test", "example.com", "node-2"])
def test_a_node_resolves_no_name(lab: LabAccess, name: str) -> None:
    assert lab.run("node-1", f"getent hosts {name}").status == 2  # 2: not found, getent(1)


def test_a_node_reaches_its_neighbour_and_the_proxy(lab: LabAccess) -> None:
    lab.run("node-1", CONNECT.format(address=lab.nodes["node-2"], port=22)).check()
    lab.run("node-1", CONNECT.format(address="10.89.0.2", port=3128)).check()


def request(lab: LabAccess, node: str, proxy: str, host: str) -> str:
    """Have a node ask a host for its registry base through the proxy, with TLS verified; the answer's first line.

    A minimal node has no HTTP client but openssl, which tunnels through a proxy.
    """
    ca = shlex.quote((lab.state / "upstream-ca.pem").read_text())
    talk = (
        f"printf 'GET /v2/ HTTP/1.0\\r\\nHost: {host}\\r\\n\\r\\n' | "
        f"openssl s_client -quiet -verify_return_error -verify_hostname {host} -CAfile /tmp/ca.pem "
        f"{proxy} -connect {host}:443 -servername {host}"
    )
    answer = lab.run(node, f"printf %s {ca} > /tmp/ca.pem && {talk}; rm /tmp/ca.pem")
    return answer.stdout.splitlines()[0] if answer.stdout else answer.stderr


@pytest.mark.parametrize("host", ["upstream.towpath.test", "upstream2.towpath.test"])
def test_the_upstream_answers_through_the_proxy_and_the_log_says_so(lab: LabAccess, node: str, host: str) -> None:
    mark = lab.squid_mark()

    answer = request(lab, node, "-proxy 10.89.0.2:3128", host)

    assert answer == "HTTP/1.0 200 OK"
    (line,) = mark.lines()
    assert lab.nodes[node] in line
    assert f"CONNECT {host}:443" in line


def test_the_proxy_goes_nowhere_else(lab: LabAccess) -> None:
    denied = request(lab, "node-1", "-proxy 10.89.0.2:3128", "node-2.example")

    assert "403" in denied or "503" in denied


def through_the_authenticated_port(lab: LabAccess, given: tuple[str, str] | None) -> str:
    trust = ssl.create_default_context(cafile=str(lab.state / "upstream-ca.pem"))
    proxy = httpx.Proxy("http://10.89.0.2:3129", auth=given)
    with httpx.Client(proxy=proxy, verify=trust, trust_env=False) as client:
        try:
            return str(client.get("https://upstream.towpath.test/v2/").status_code)
        except httpx.ProxyError as error:
            return str(error)


def test_the_authenticated_port_wants_the_password(lab: LabAccess) -> None:
    user, password = lab.proxy_credentials

    assert through_the_authenticated_port(lab, None).startswith("407")
    assert through_the_authenticated_port(lab, (user, "wrong")).startswith("407")
    assert through_the_authenticated_port(lab, (user, password)) == "200"


def test_the_upstream_has_its_images(lab: LabAccess) -> None:
    tags = lab.crane("ls", f"{lab.upstream_address}/hello").check().stdout.split()
    index = json.loads(lab.crane("manifest", f"{lab.upstream_address}/hello:multi").check().stdout)

    assert {"1", "2", "multi"} <= set(tags)
    assert {child["platform"]["architecture"] for child in index["manifests"]} == {"amd64", "arm64"}
    lab.skopeo("inspect", f"docker://{lab.upstream_address}/library/registry:3").check()
