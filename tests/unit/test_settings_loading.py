"""Settings: what is refused, and in which words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.errors import SettingsError
from towpath.settings import load_settings

GOOD = {
    "towpath:nodes": json.dumps({"members": {"node-1": {"address": "10.0.0.5"}}}),
    "towpath:accounts": json.dumps([{"name": "ci"}]),
}


def findings(**groups: object) -> list[str]:
    raw = GOOD | {f"towpath:{name}": json.dumps(value) for name, value in groups.items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(raw)
    return caught.value.findings


def test_the_smallest_stack_gets_the_by_hand_values() -> None:
    settings = load_settings(GOOD | {"other:key": "left alone"})
    registry = settings.registry
    assert (registry.port, registry.container_port, registry.realm) == (6000, 443, "Registry Realm")
    assert (registry.container, registry.storage_folder, registry.image) == ("registry", "/data/registry", "registry:3")
    assert (registry.certificate.rsa_bits, registry.certificate.validity_days) == (2048, 365)
    assert settings.registry_node == "node-1"
    assert settings.registry_host == "10.0.0.5"


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        ({"registyr": {}}, ["towpath:registyr: unknown key; did you mean 'registry'?"]),
        ({"registry": {"prot": 6000}}, ["towpath:registry.prot: unknown key; did you mean 'port'?"]),
        ({"registry": {"port": 70000}}, ["towpath:registry.port = 70000: is not a port; write a whole number from 1"]),
        ({"registry": {"port": "6000"}}, ["towpath:registry.port = '6000': must be a valid integer"]),
        ({"registry": {"node": "node-9"}}, ["registry.node is 'node-9', which is no node of this stack"]),
        (
            {"nodes": {"members": {"Node 1": {"address": "10.0.0.5"}}}},
            ["towpath:nodes.members.Node 1 = 'Node 1': must be lower-case letters"],
        ),
        (
            {"nodes": {"members": {"a": {"address": "10.0.0.5"}}, "rollout": {"max_unavailable": 1.5}}},
            ["towpath:nodes.rollout.max_unavailable = 1.5: must be a valid integer, got a number with a fractional"],
        ),
        ({"accounts": ["ci"]}, ["towpath:accounts[0] = 'ci': must be a mapping of keys"]),
        (
            {"registry": {"certificate": {"subject": {"country": "Germany"}}}},
            ["towpath:registry.certificate.subject.country = 'Germany': is no country's code; write its two capital"],
        ),
        (
            {"registry": {"caches": {"docker.io": {"port": 6001, "upstream": "mirror.example"}}}},
            ["towpath:registry.caches.docker.io.upstream = 'mirror.example': is no plain URL; write https://host"],
        ),
        (
            {"registry": {"caches": {"docker.io": {"port": 6001, "upstream_ca_pem": "ca.pem"}}}},
            ["towpath:registry.caches.docker.io.upstream_ca_pem = 'ca.pem': holds no readable certificate"],
        ),
        (
            {"registry": {"certificate": {"sans": ["registry example"]}}},
            ["towpath:registry.certificate.sans[0] = 'registry example': is neither a DNS name nor an address"],
        ),
        (
            {"registry": {"certificate": {"validity_days": 30, "renew_before_days": 30}}},
            ["towpath:registry.certificate: validity_days (30) must be above renew_before_days (30)"],
        ),
        (
            {"registry": {"certificate": {"source": "provided"}}},
            ["source 'provided' needs ca_pem, certificate_pem, private_key_pem"],
        ),
        ({"registry": {"certificate": {"ca_pem": "x"}}}, ["source 'ca' does not take ca_pem"]),
        (
            {"nodes": {"members": {"a": {"address": "10.0.0.5"}, "b": {"address": "10.0.0.6"}}}},
            ["towpath: registry.node says which node the registry runs on; write one of: a, b"],
        ),
        (
            {"nodes": {"members": {"a": {"address": "10.0.0.5"}, "b": {"address": "10.0.0.5"}}}},
            ["towpath:nodes: members.a and members.b are one machine, 10.0.0.5; keep one"],
        ),
        (
            {"registry": {"caches": {"quay.io": {"port": 6001, "storage_folder": "/data/registry"}}}},
            ["the folders /data/registry and /data/registry lie in one another"],
        ),
        ({"registry": {"storage_folder": "/data/r%d"}}, ["= '/data/r%d': has a character that a machine's files"]),
        ({"registry": {"storage_folder": "/"}}, ["towpath:registry.storage_folder = '/': must be an absolute folder"]),
        ({"registry": {"config_folder": "/data/registry/etc"}}, ["lie in one another"]),
        ({"accounts": [{"name": "a:b"}]}, ["towpath:accounts[0].name = 'a:b': a user name is printable ASCII"]),
        ({"accounts": [{"name": "émile"}]}, ["towpath:accounts[0].name = 'émile': a user name is printable ASCII"]),
        ({"accounts": [{"name": "a"}, {"name": "a"}]}, ["towpath:accounts: the account a stands here twice"]),
        ({"accounts": [{"name": "a"}, {"name": "a.1"}]}, ["the account a.1 has the name of another account's slot"]),
        ({"accounts": []}, ["towpath: accounts: no account is named"]),
        ({"nodes": {"members": {}}}, ["towpath: nodes.members: no node is named"]),
        ({"nodes": {"members": {"Node_1": {"address": "a"}}}}, ["must be lower-case letters, digits and hyphens"]),
        (
            {"nodes": {"members": {"n": {"address": "http://a"}}}},
            ["= 'http://a': is neither a DNS name nor an address"],
        ),
        (
            {"nodes": {"members": {"n": {"address": "a", "host_key": "ssh-ed25519 AAAAB3NzaC1yc2E="}}}},
            ["its base64 part is of another kind than ssh-ed25519"],
        ),
    ],
)
def test_bad_input_is_one_line_with_key_value_and_fix(groups: dict[str, object], wanted: list[str]) -> None:
    found = findings(**groups)
    assert len(found) == len(wanted)
    for line, part in zip(found, wanted, strict=True):
        assert part in line


def test_all_findings_come_together() -> None:
    found = findings(registry={"port": 0, "nmae": 1}, accounts=[{"name": ""}])
    assert len(found) == 3


def test_a_group_that_is_no_mapping_is_named() -> None:
    with pytest.raises(SettingsError, match="towpath:registry: is not a mapping"):
        load_settings(GOOD | {"towpath:registry": "port=1"})


@given(st.text(min_size=73, max_size=200))
def test_a_password_is_never_shown(password: str) -> None:
    for account in ({"name": "a", "password": password}, {"name": "a", "pasword": password}):
        with pytest.raises(SettingsError) as caught:
            load_settings(GOOD | {"towpath:accounts": json.dumps([account])})
        assert password not in str(caught.value)


def test_a_secret_in_a_wrong_place_is_not_shown() -> None:
    text = str(findings(nodes={"members": {"n": {"address": "a", "ssh": {"private_key": ["hunter2"]}}}}))
    assert "towpath:nodes.members.n.ssh.private_key" in text
    assert "hunter2" not in text


def test_passwords_at_the_limit_of_bcrypt_are_taken() -> None:
    settings = load_settings(GOOD | {"towpath:accounts": json.dumps([{"name": "a", "password": "x" * 72}])})
    assert settings.accounts[0].cost(given=True) == 12
    assert "xxx" not in repr(settings)
