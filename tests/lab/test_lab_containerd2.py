"""A node with containerd 2 is a node like the others, with another runtime."""

from collections.abc import Iterator

import pytest

from tests.lab.cluster_access import ClusterAccess
from tests.lab.lab_access import LabAccess


@pytest.fixture(scope="module")
def node(lab: LabAccess, cluster: ClusterAccess) -> Iterator[str]:
    name = lab.add_node(containerd2=True)
    assert name in cluster.kubectl("get", "nodes", "--output", "name").check().stdout
    yield name
    lab.remove_node(name)
    # Pods would be sent there for a while, and a namespace with one of its pods would never end.
    assert name not in cluster.kubectl("get", "nodes", "--output", "name").check().stdout


def test_its_runtime_is_a_2_and_the_others_are_as_debian_ships_them(lab: LabAccess, node: str) -> None:
    assert "RuntimeVersion:  v2." in lab.crictl(node, "version").check().stdout
    assert "RuntimeVersion:  1.6." in lab.crictl("node-1", "version").check().stdout


def test_its_settings_are_of_version_3_and_valid(lab: LabAccess, node: str) -> None:
    written = lab.run(node, "cat /etc/containerd/config.toml").check().stdout
    understood = lab.run(node, "containerd config dump").check().stdout

    assert written.startswith("version = 3\n")
    assert "bin_dirs = ['/usr/lib/cni']" in understood


def test_its_docker_runs_a_container_on_it(lab: LabAccess, node: str) -> None:
    lab.docker("load", "--input", str(lab.image_archive("hello")), node=node).check()

    assert lab.docker("run", "--rm", "hello:1", node=node).check().stdout == "hello from towpath, version 1\n"


def test_it_has_no_way_out_either(lab: LabAccess, node: str) -> None:
    refused = lab.crictl(node, "pull", "upstream.towpath.test/hello:1")

    assert refused.status != 0
    assert "connection refused" in refused.output
