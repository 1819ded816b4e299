"""Registries as nodes see them: which URLs and hosts are taken."""

import pytest

from towpath.nodes.errors import NodeError
from towpath.nodes.registries import Mirror, PrivateRegistry, Upstream


@pytest.mark.parametrize(
    "url", ["m:5000", "ftp://m", "https://u:p@m", "https://m?x", "https://m/a b", "https://m:99999", 'https://m"']
)
def test_a_mirror_s_url_is_checked(url: str) -> None:
    with pytest.raises(NodeError, match="is no mirror's URL"):
        Mirror(url)


@pytest.mark.parametrize("host", ["https://docker.io", "docker.io/library", "", "a b", "h:x", "..", "-x"])
def test_an_upstream_s_host_is_checked(host: str) -> None:
    with pytest.raises(NodeError, match="is no registry's host"):
        Upstream(host, (Mirror("https://m"),))
    with pytest.raises(NodeError, match="has no mirror"):
        Upstream("docker.io", ())


def test_the_port_of_https_is_left_out_as_in_image_references() -> None:
    assert PrivateRegistry("r", 443).endpoint == "r"
    assert PrivateRegistry("fe80::1", 6000).endpoint == "[fe80::1]:6000"
    assert PrivateRegistry("10.0.0.5", 6000).endpoint == "10.0.0.5:6000"
