"""Rotation in a stack: what must be valid before whom, and which slots an account has."""

import json
from typing import Any

import pulumi

from components.credentials import Credentials
from components.stack import Stack
from towpath.settings import load_settings
from towpath.settings.accounts import Account
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"


def order(recorder: Any, **account: object) -> pulumi.Output[list[str]]:
    """Make a stack of two nodes that log in, and return the names of its commands in their order."""
    members = {"a": {"address": "10.0.0.1"}, "b": {"address": "10.0.0.2"}}
    groups = {
        "nodes": {"members": members, "setup": {"credential_provider": True}},
        "accounts": [{"name": "ci", **account}],
        "registry": {"node": "a"},
    }
    settings = load_settings({f"towpath:{name}": json.dumps(value) for name, value in groups.items()})
    stack = Stack(settings, {name: Connection(each["address"], KEY) for name, each in members.items()})
    assert stack.registry is not None
    done = pulumi.Output.all(stack.registry.url, *(node.status for node in stack.nodes.values()))
    return done.apply(lambda _: list(recorder.of_type("remote:Command")))


@pulumi.runtime.test
def test_new_logins_are_valid_before_nodes_use_them_and_old_ones_until_all_do(recorder: Any) -> pulumi.Output[None]:
    def check(found: list[str]) -> None:
        assert found == ["overlap-add", "a-apply", "b-apply", "registry-apply"]

    return order(recorder, keep_previous=False).apply(check)


@pulumi.runtime.test
def test_where_old_logins_stay_the_registry_waits_for_its_own_node_alone(recorder: Any) -> pulumi.Output[None]:
    def check(found: list[str]) -> None:
        assert found.index("overlap-add") < found.index("a-apply") < found.index("registry-apply")

    return order(recorder).apply(check)


@pulumi.runtime.test
def test_an_account_that_rotates_itself_has_both_slots_and_one_valid_login(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", rotate_after_days=30)])

    def check(parts: list[Any]) -> None:
        htpasswd, active, logins = parts
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.1"]
        assert active == htpasswd
        assert logins["ci"]["username"] == "ci.1"
        keepers = {name: inputs["keepers"] for name, inputs in recorder.of_type(":RandomPassword").items()}
        assert keepers == {"credentials-ci.1": {"rotation": "1"}, "credentials-ci.2": {"rotation": "0"}}

    return pulumi.Output.all(credentials.htpasswd, credentials.active_htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
def test_only_active_logins_are_added_before_consumers_move(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", rotation=2), Account(name="team-a")])

    def check(parts: list[Any]) -> None:
        htpasswd, active = parts
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.2", "ci.1", "team-a.1"]
        assert [line.split(":")[0] for line in active.splitlines()] == ["ci.2", "team-a.1"]

    return pulumi.Output.all(credentials.htpasswd, credentials.active_htpasswd).apply(check)
