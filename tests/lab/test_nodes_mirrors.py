"""Mirrors and pull-through caches: who is asked, in which order, with whose CA, and what is had if nobody answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.lab.lab_access import PROXY, LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from towpath.settings.registry import cache_slug

PORT, HUB_CACHE, CACHE, FIRST_MIRROR = 6024, 6025, 6026, 6027
NOBODY = "quay.towpath.test"
"""A registry that is nowhere: its images are had from mirrors alone."""


@dataclass(frozen=True)
class Mirrored:
    """A node that has the caches, and one that pulls from them."""

    lab: LabAccess
    host: NodeAccess
    node: NodeAccess

    def cache_log(self, upstream: str) -> str:
        """What the cache of an upstream has logged."""
        return self.host.docker("logs", container(upstream)).check().output

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Refuse both nodes, and their containers, the proxy, as if it were down."""
        refuse = f"$chain -d {PROXY} -p tcp -j REJECT --reject-with tcp-reset"
        rules = f"for chain in OUTPUT FORWARD; do iptables -{{}} {refuse}; done"
        for node in (self.host, self.node):
            node.sh(rules.format("I"))
        try:
            yield
        finally:
            for node in (self.host, self.node):
                node.sh(rules.format("D"))


def container(upstream: str) -> str:
    """The name of the container that an upstream's cache runs in."""
    return f"registry-{PORT}-cache-{cache_slug(upstream)}"


@pytest.fixture(scope="module")
def mirrored(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mirrored]:
    host, node = spare_nodes
    ca = (lab.state / "upstream-ca.pem").read_text()
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("mirrors"), PORT)
    upstream_url = f"https://{lab.upstream}"
    stack.change(
        "registry",
        caches={
            "docker.io": {"port": HUB_CACHE, "upstream": upstream_url, "upstream_ca_pem": ca},
            lab.upstream: {"port": CACHE, "upstream_ca_pem": ca},
        },
    )
    mirrors = [{"url": f"https://{host.address}:{FIRST_MIRROR}"}, {"url": upstream_url, "ca_pem": ca}]
    stack.change(
        "nodes",
        upstreams={lab.upstream: {"ca_pem": ca}, NOBODY: {"mirrors": mirrors, "fallback": False}},
    )
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
    stack.up().ok()
    yield Mirrored(lab, host, node)
    stack.destroy().ok()
    host.sh(f"rm -rf /data/registry-{PORT}-cache-*; rmdir /data 2>/dev/null || true")


def test_the_cri_pulls_by_the_cache_which_serves_on_when_the_upstream_is_away(mirrored: Mirrored) -> None:
    image, mark = f"{mirrored.lab.upstream}/hello:2", mirrored.lab.squid_mark()

    mirrored.node.cri_pull(image).check()
    with mirrored.cut_off():
        mirrored.node.cri_pull(image).check()
        missing = mirrored.node.cri_pull(f"{mirrored.lab.upstream}/hello:1")

    assert missing.status != 0, "what the cache does not have was had from somewhere"
    assert f"/v2/hello/manifests/2?ns={mirrored.lab.upstream}" in mirrored.cache_log(mirrored.lab.upstream)
    assert {line.split()[2] for line in mark.lines()} & {mirrored.node.address} == set()


def test_docker_pulls_docker_io_by_the_cache_which_serves_on_when_the_upstream_is_away(mirrored: Mirrored) -> None:
    node = mirrored.node

    node.docker_pull("registry:3").check()
    with mirrored.cut_off():
        node.docker_pull("registry:3").check()

    assert "GET /v2/library/registry/manifests/" in mirrored.cache_log("docker.io")
    assert "docker/" in mirrored.cache_log("docker.io")


def test_without_the_cache_the_upstream_itself_is_asked_with_its_own_ca(mirrored: Mirrored) -> None:
    cache = container(mirrored.lab.upstream)
    mark = mirrored.lab.squid_mark()
    mirrored.host.docker("stop", cache).check()
    try:
        mirrored.node.cri_pull(f"{mirrored.lab.upstream}/hello:1").check()
        mirrored.node.close_connections()
    finally:
        mirrored.host.docker("start", cache).check()

    assert mirrored.node.address in {line.split()[2] for line in mark.lines()}


def test_mirrors_are_asked_in_their_order_and_each_with_its_ca(mirrored: Mirrored) -> None:
    """The first mirror hangs up, and writes down that it was asked."""
    host, asked = mirrored.host, "/run/first-mirror.asked"
    listener = f"socat TCP-LISTEN:{FIRST_MIRROR},fork,reuseaddr SYSTEM:'echo asked >>{asked}'"
    host.sh(f"rm -f {asked}; systemd-run --quiet --unit=first-mirror --collect {listener}")
    try:
        pulled = mirrored.node.cri_pull(f"{NOBODY}/hello:1")
    finally:
        host.sh("systemctl stop first-mirror")

    pulled.check()
    assert "asked" in host.read(asked)


def test_a_cache_takes_no_deletion_and_asks_for_no_password(mirrored: Mirrored) -> None:
    address = f"{mirrored.host.address}:{CACHE}"
    request = "printf '%s %s HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n' {} /v2/hello/manifests/{}"
    ask = f"{request} | openssl s_client -quiet -connect {address} 2>/dev/null | head -n 1"

    assert "200" in mirrored.node.sh(ask.format("GET", "2"))
    assert "405" in mirrored.node.sh(ask.format("DELETE", f"sha256:{'0' * 64}"))
