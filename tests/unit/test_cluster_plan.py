"""The cluster's addresses do not overlap, and every node has a route to every other node's pods."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from lab.cluster.plan import (
    API_SERVICE_ADDRESS,
    CONTROL_PLANE_ADDRESS,
    POD_CIDR,
    SERVICE_CIDR,
    peer_routes,
    pod_subnet,
)
from lab.topology import MAX_NODES, NODES, PROXY_ADDRESS, UPSTREAM, node_address, node_name

node_names = st.integers(min_value=1, max_value=MAX_NODES).map(node_name)


def test_no_two_networks_of_the_lab_overlap() -> None:
    networks = [ipaddress.ip_network(cidr) for cidr in (POD_CIDR, SERVICE_CIDR, NODES.subnet, UPSTREAM.subnet)]

    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)


def test_the_service_of_the_api_has_the_first_address_of_the_services() -> None:
    assert ipaddress.ip_address(API_SERVICE_ADDRESS) == next(ipaddress.ip_network(SERVICE_CIDR).hosts())


def test_the_control_plane_has_an_address_that_no_node_and_no_proxy_gets() -> None:
    nodes = {node_address(node_name(index)) for index in range(1, MAX_NODES + 1)}

    assert CONTROL_PLANE_ADDRESS not in {*nodes, PROXY_ADDRESS, NODES.gateway}


@given(node_names)
def test_a_nodes_pods_are_inside_the_pod_network(node: str) -> None:
    pods = ipaddress.ip_network(POD_CIDR)

    assert isinstance(pods, ipaddress.IPv4Network)
    assert ipaddress.IPv4Network(pod_subnet(node)).subnet_of(pods)


@given(st.lists(node_names, unique=True, min_size=1, max_size=20))
def test_a_node_has_one_route_to_each_other_node_and_none_to_itself(nodes: list[str]) -> None:
    for node in nodes:
        routes = peer_routes(node, nodes)

        assert routes == {pod_subnet(other): node_address(other) for other in set(nodes) - {node}}
        assert pod_subnet(node) not in routes
