"""A node with containerd 2 and its settings of version 3: the same promises as on 1.6, by the same settings."""

from collections.abc import Iterator

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, prepare, stack_on
from tests.lab.stack_workspace import StackWorkspace
from towpath.settings.registry import cache_slug

PORT, CACHE = 6033, 6034
CONFIG = "/etc/containerd/config.toml"


@pytest.fixture(scope="module")
def node(lab: LabAccess) -> Iterator[NodeAccess]:
    name = lab.add_node(containerd2=True)
    try:
        yield prepare(lab, name)
    finally:
        lab.remove_node(name)


@pytest.fixture(scope="module")
def before(node: NodeAccess) -> tuple[str, list[str]]:
    """The node's files, and containerd's environment."""
    return node.tree(), node.daemon_environment("containerd")


@pytest.fixture(scope="module")
def stack(
    lab: LabAccess, node: NodeAccess, before: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> StackWorkspace:
    ca = (lab.state / "upstream-ca.pem").read_text()
    stack = stack_on(lab, [node], tmp_path_factory.mktemp("containerd2"), PORT)
    stack.change("nodes", upstreams={"upstream2.towpath.test": {"ca_pem": ca}})
    stack.change("registry", caches={lab.upstream: {"port": CACHE, "upstream_ca_pem": ca}})
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
    stack.up().ok()
    return stack


def test_it_is_containerd_2_with_settings_of_version_3(node: NodeAccess, stack: StackWorkspace) -> None:
    assert "RuntimeVersion:  v2." in node.cri("version").check().stdout
    config = node.read(CONFIG)
    assert "version = 3" in config
    assert """[plugins."io.containerd.cri.v1.images".registry]\n  config_path = "/etc/containerd/certs.d"\n""" in config
    assert "/etc/containerd/certs.d" in node.sh("containerd config dump | grep config_path")


def test_the_cri_pulls_through_the_proxy_with_the_upstreams_ca(
    lab: LabAccess, node: NodeAccess, stack: StackWorkspace
) -> None:
    mark = lab.squid_mark()

    node.cri_pull("upstream2.towpath.test/hello:1").check()
    node.close_connections()

    asked = {tuple(line.split()[5:7]) for line in mark.lines() if line.split()[2] == node.address}
    assert ("CONNECT", "upstream2.towpath.test:443") in asked


def test_the_cri_pulls_by_the_cache(lab: LabAccess, node: NodeAccess, stack: StackWorkspace) -> None:
    node.cri_pull(f"{lab.upstream}/hello:2").check()

    log = node.docker("logs", f"registry-{PORT}-cache-{cache_slug(lab.upstream)}").check().output
    assert f"/v2/hello/manifests/2?ns={lab.upstream}" in log
    assert '"containerd/v2.' in log


def test_a_destroy_puts_every_byte_back(node: NodeAccess, before: tuple[str, list[str]], stack: StackWorkspace) -> None:
    stack.destroy().ok()

    node.sh(f"rm -rf /data/registry-{PORT}-cache-*; rmdir /data")  # a cache's images stay
    assert node.tree() == before[0]
    assert node.daemon_environment("containerd") == before[1]
