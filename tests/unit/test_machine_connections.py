"""Connections from settings: whose key, which host key, through which bastion, and what is missing."""

import dataclasses

import pytest
from pydantic import SecretStr

from towpath.applier.bootstrap import Sudo
from towpath.errors import SettingsError
from towpath.machines.connections import connections
from towpath.machines.record import from_record, to_record
from towpath.settings.nodes import Nodes
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
FILES = {"known_hosts": f"10.0.0.5 {KEY}\n[10.0.0.6]:2222 {KEY}\nbastion.test {KEY}\n", "id": "the key of the file"}


def read(path: str) -> str:
    try:
        return FILES[path]
    except KeyError:
        raise FileNotFoundError(2, "No such file or directory") from None


def resolved(members: dict[str, object], **ssh: object) -> dict[str, Connection]:
    shared = {"known_hosts_file": "known_hosts", "private_key_file": "id", **ssh}
    return connections(Nodes.model_validate({"members": members, "ssh": shared}), read)


def findings(members: dict[str, object], **ssh: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        resolved(members, **ssh)
    return caught.value.findings


def test_shared_settings_reach_every_node() -> None:
    found = resolved({"a": {"address": "10.0.0.5"}, "b": {"address": "10.0.0.6", "ssh": {"port": 2222}}}, user="ops")
    assert found["a"] == Connection("10.0.0.5", KEY, 22, "ops", "the key of the file")
    assert (found["b"].port, found["b"].host_key) == (2222, KEY)


def test_a_nodes_own_way_in_stands_instead_of_the_shared_one() -> None:
    (found,) = resolved({"a": {"address": "10.0.0.5", "ssh": {"password": "hunter2"}}}).values()
    assert (found.private_key, found.password) == (None, "hunter2")


def test_a_host_key_of_the_node_wins() -> None:
    other = KEY[:-4] + "AAAA"
    (found,) = resolved({"a": {"address": "10.0.0.5", "host_key": other}}).values()
    assert found.host_key == other


def test_a_bastion_has_a_host_key_too() -> None:
    (found,) = resolved({"a": {"address": "10.0.0.5"}}, bastion={"address": "bastion.test", "user": "jump"}).values()
    assert found.proxy == Connection("bastion.test", KEY, 22, "jump", "the key of the file")
    (line,) = findings({"a": {"address": "10.0.0.5"}}, bastion={"address": "unknown.test"})
    assert "bastion unknown.test has no host key" in line


def test_a_node_without_a_host_key_is_named_with_the_way_to_get_it() -> None:
    (line,) = findings({"a": {"address": "10.0.0.9", "ssh": {"port": 2222}}})
    assert line.startswith(
        "towpath:nodes.members.a.host_key: 10.0.0.9 has no host key, and known_hosts has none for it"
    )
    assert "ssh-keyscan -t ed25519 -p 2222 10.0.0.9" in line


def test_all_findings_come_together() -> None:
    found = findings(
        {"a": {"address": "10.0.0.9"}, "b": {"address": "10.0.0.5", "ssh": {"sudo": "password"}}},
        private_key_file="missing",
    )
    assert any("towpath:nodes.ssh.private_key_file = 'missing': cannot be read" in line for line in found)
    assert any("members.a.host_key" in line for line in found)
    assert any("members.b: sudo is 'password', but there is none" in line for line in found)
    assert len(found) == len(set(found))


def test_no_way_to_log_in_is_said() -> None:
    (line,) = findings({"a": {"address": "10.0.0.5"}}, private_key_file=None)
    assert line == "towpath:nodes.members.a: has no way to log in; set nodes.ssh.private_key, password or agent"


def test_a_connection_survives_the_state() -> None:
    """A state brings whole numbers back as floats."""
    connection = Connection(
        *("h", KEY, 2222, "ops"),
        private_key="k",
        proxy=Connection("b", KEY, agent=True),
        sudo=Sudo("password", SecretStr("p").get_secret_value()),
    )
    record = to_record(connection)
    record["port"] = float(record["port"])
    assert from_record(record) == connection
    assert from_record(to_record(dataclasses.replace(connection, proxy=None))).proxy is None
