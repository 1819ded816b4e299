"""`Stack`: which documents there are, in which order, and what happens to a machine that is gone or silent."""

import json
from typing import Any

import pulumi

from components.stack import Stack
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
NAMES = ("a", "b", "c")


def settings(**nodes: Any) -> Settings:
    members = {name: {"address": f"10.0.0.{number}"} for number, name in enumerate(NAMES, 1)}
    for name in NAMES:
        members[name] |= nodes.pop(name, {})
    groups = {"nodes": {"members": members, **nodes}, "accounts": [{"name": "ci"}]}
    groups["registry"] = {"node": "a", "caches": {"quay.io": {"port": 6001}}}
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})


def made(recorder: Any, loaded: Settings, unreachable: tuple[str, ...] = ()) -> pulumi.Output[Any]:
    """Make the stack; the output is known when all its commands are."""
    connections = {name: Connection(node.address, KEY) for name, node in loaded.nodes.members.items()}
    stack = Stack(loaded, connections, unreachable)
    nodes = [node.status for node in stack.nodes.values()]
    assert stack.registry is not None
    return pulumi.Output.all(*nodes, stack.registry.url, *(cache.url for cache in stack.caches.values()))


def order(recorder: Any) -> list[str]:
    """Names of the commands, as they were registered: one that waits for another comes after it."""
    return [name.removesuffix("-apply") for name in recorder.of_type("remote:Command")]


@pulumi.runtime.test
def test_nodes_come_in_batches_and_the_registry_after_its_own(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        found = order(recorder)
        assert set(found) == {"a", "b", "c", "registry", "cache-quay.io", "overlap-add"}
        assert [name for name in found if name in NAMES] == ["a", "b", "c"]
        assert found.index("registry") > found.index("a")

    return made(recorder, settings()).apply(check)


@pulumi.runtime.test
def test_a_silent_node_comes_after_everything_else(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert order(recorder)[-1] == "b"

    return made(recorder, settings(rollout={"unreachable": "continue"}), ("b",)).apply(check)


@pulumi.runtime.test
def test_every_document_is_named_after_its_part_machine_and_stack(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        documents = {name: inputs["document"] for name, inputs in recorder.of_type("nodes:NodeState").items()}
        assert documents["a-state"] == "node-a-test"
        assert documents["registry-state"] == "registry-a-test"
        assert len(set(documents.values())) == len(documents) == 5

    return made(recorder, settings()).apply(check)


@pulumi.runtime.test
def test_the_registry_of_a_machine_that_is_gone_is_left_alone_too(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        gone = {name: inputs["gone"] for name, inputs in recorder.of_type("nodes:NodeState").items()}
        assert {name for name, value in gone.items() if value} == {"a-state", "registry-state", "cache-quay.io-state"}

    return made(recorder, settings(a={"gone": True})).apply(check)


@pulumi.runtime.test
def test_another_machine_replaces_the_registry(recorder: Any) -> pulumi.Output[None]:
    """A replacement is made on the new machine first; then the old one's delete runs where it was."""

    def check(_: Any) -> None:
        assert recorder.of_type("remote:Command")["registry-apply"]["triggers"] == ["a"]

    return made(recorder, settings()).apply(check)
