"""The tls plugin against its official counterpart: schema facts and recorded traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from engine.plugins.tls.plugin import package
from engine.plugins.values import UNKNOWN, Secret, reveal
from tests.engine.plugin_calls import Plugin, contract, form, has_type, recorded, strings, urn

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = contract("tls")
KEY = "tls:index/privateKey:PrivateKey"
REQUEST = "tls:index/certRequest:CertRequest"
SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert"
SIGNED = "tls:index/locallySignedCert:LocallySignedCert"
IN_PLACE = {"earlyRenewalHours", "maxPathLength"}

Inputs = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    served = Plugin(package())
    yield served
    served.close()


def make_key(plugin: Plugin, curve: str = "P256") -> str:
    outputs = plugin.create(KEY, {"algorithm": "ECDSA", "ecdsaCurve": curve})[1]
    return str(reveal(outputs["privateKeyPem"]))


@pytest.fixture(scope="module")
def smallest(plugin: Plugin) -> Inputs:
    """The least inputs of each type."""
    key = make_key(plugin)
    authority = {"privateKeyPem": key, "allowedUses": ["cert_signing"], "validityPeriodHours": 9}
    ca = plugin.create(SELF_SIGNED, authority | {"isCaCertificate": True, "subject": {"commonName": "ca"}})[1]
    request = plugin.create(REQUEST, {"privateKeyPem": make_key(plugin)})[1]
    return {
        KEY: {"algorithm": "ED25519"},
        REQUEST: {"privateKeyPem": key},
        SELF_SIGNED: {"privateKeyPem": key, "allowedUses": [], "validityPeriodHours": 9},
        SIGNED: {
            "caCertPem": ca["certPem"],
            "caPrivateKeyPem": key,
            "certRequestPem": request["certRequestPem"],
            "allowedUses": [],
            "validityPeriodHours": 9,
        },
    }


@pytest.fixture(scope="module")
def other(plugin: Plugin, smallest: Inputs) -> dict[str, Any]:
    """Another value for each input."""
    key = make_key(plugin)
    authority = {"privateKeyPem": key, "isCaCertificate": True, "subject": {"commonName": "other"}}
    ca = plugin.create(SELF_SIGNED, authority | {"allowedUses": [], "validityPeriodHours": 9})[1]
    return {
        "algorithm": "RSA",
        "ecdsaCurve": "P384",
        "rsaBits": 3072,
        "privateKeyPem": key,
        "caPrivateKeyPem": key,
        "caCertPem": ca["certPem"],
        "certRequestPem": plugin.create(REQUEST, {"privateKeyPem": key})[1]["certRequestPem"],
        "allowedUses": ["server_auth", "digital_signature"],
        "validityPeriodHours": 20,
        "earlyRenewalHours": 1,
        "isCaCertificate": True,
        "maxPathLength": 3,
        "setSubjectKeyId": True,
        "setAuthorityKeyId": True,
        "subject": {"commonName": "x", "streetAddresses": ["a", "b"], "emailAddress": "a@b.test"},
        "dnsNames": ["a.test"],
        "ipAddresses": ["10.0.0.1", "fd00::1"],
        "uris": ["spiffe://trust/ca"],
    }


def test_the_official_version_is_told() -> None:
    assert (package().name, package().version) == (FACTS["name"], FACTS["version"])


def test_recorded_calls_are_answered_in_the_same_form(plugin: Plugin) -> None:
    """Keys were cut out of the recording: the one made last stands for them."""
    key = ""
    for call in recorded("tls"):
        request = _with_key(call["request"], key)
        answer = plugin.raw(call["method"], request)
        given = strings(call["request"])
        expected = form(call["response"], given)
        assert form(_without_key(answer, key, call["request"]), given) == expected
        properties = answer.get("properties", {})
        if properties.get("algorithm"):
            key = properties["privateKeyPem"]["value"]


def _with_key(request: dict[str, Any], key: str) -> dict[str, Any]:
    changed = dict(request)
    for part in ("news", "properties"):
        if "privateKeyPem" in changed.get(part, {}):
            changed[part] = changed[part] | {"privateKeyPem": key}
    return changed


def _without_key(answer: dict[str, Any], key: str, request: dict[str, Any]) -> dict[str, Any]:
    sent = {part: value for part in ("news", "properties") for value in [request.get(part, {}).get("privateKeyPem")]}
    original = next((value for value in sent.values() if value), None)
    if original is None:
        return answer
    part = "inputs" if "inputs" in answer else "properties"
    assert answer[part]["privateKeyPem"]["value"] == key
    marked = answer[part]["privateKeyPem"] | {"value": original}
    return answer | {part: answer[part] | {"privateKeyPem": marked}}


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_outputs_have_the_schemas_names_types_and_secrets(
    plugin: Plugin, smallest: Inputs, other: dict[str, Any], token: str
) -> None:
    facts = FACTS["resources"][token]
    keys = {"privateKeyPem", "caPrivateKeyPem", "caCertPem", "algorithm"}
    changed = {name: other[name] for name in facts["inputs"] if name not in keys}
    for inputs in (smallest[token], smallest[token] | changed):
        _, outputs = plugin.create(token, inputs)
        assert set(facts["outputs_always"]) <= outputs.keys() <= {*facts["outputs"], "id", "__meta"}
        assert {name for name, value in outputs.items() if isinstance(value, Secret)} == set(facts["secrets"])
        plain = reveal({name: outputs[name] for name in facts["outputs"] if name in outputs})
        assert has_type(plain, facts["outputs"])
        assert {name: plain[name] for name in inputs} == inputs


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_exactly_the_schemas_inputs_are_taken(plugin: Plugin, other: dict[str, Any], token: str) -> None:
    facts = FACTS["resources"][token]
    assert set(plugin.check(token, {})[1]) == set(facts["inputs_always"])
    given = {name: other[name] for name in facts["inputs"]}
    checked, failures = plugin.check(token, given)
    assert failures == {}
    assert {name for name, value in checked.items() if isinstance(value, Secret)} == set(facts["secret_inputs"])
    assert reveal(checked) == given
    assert "no such property" in plugin.check(token, given | {"dnsName": ["x"]})[1]["dnsName"]


@pytest.mark.parametrize(
    ("token", "name"), [(token, name) for token, facts in FACTS["resources"].items() for name in facts["inputs"]]
)
def test_changes_replace_or_are_taken_over(
    plugin: Plugin, smallest: Inputs, other: dict[str, Any], token: str, name: str
) -> None:
    _, state = plugin.create(token, smallest[token])
    assert plugin.diff(token, state, smallest[token]).changes == 1, "no change, no diff"
    answer = plugin.diff(token, state, smallest[token] | {name: other[name]})
    assert list(answer.diffs) == [name]
    assert list(answer.replaces) == ([] if name in IN_PLACE else [name])


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_a_preview_knows_inputs_and_defaults_only(plugin: Plugin, smallest: Inputs, token: str) -> None:
    identity, outputs = plugin.create(token, smallest[token], preview=True)
    _, made = plugin.create(token, smallest[token])
    assert identity == ""
    assert outputs.keys() == made.keys() - {"__meta"}
    unknown = {name for name, value in outputs.items() if value is UNKNOWN}
    known = {*FACTS["resources"][token]["inputs"], "readyForRenewal"}
    assert unknown == outputs.keys() - known
    assert all(outputs[name] == made[name] for name in outputs.keys() & known)


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_a_preview_of_unknown_inputs_passes(plugin: Plugin, smallest: Inputs, token: str) -> None:
    inputs = dict.fromkeys(FACTS["resources"][token]["inputs"], UNKNOWN)
    checked, failures = plugin.check(token, inputs)
    assert (reveal(checked), failures) == (inputs, {})
    _, outputs = plugin.create(token, inputs, preview=True)
    assert all(outputs[name] is UNKNOWN or outputs[name] == Secret(UNKNOWN) for name in inputs)
    _, state = plugin.create(token, smallest[token])
    assert set(plugin.diff(token, state, inputs).replaces) == inputs.keys() - IN_PLACE


@pytest.mark.parametrize(
    ("token", "inputs", "path", "words"),
    [
        (KEY, {"algorithm": "DSA"}, "algorithm", "one of RSA, ECDSA, ED25519"),
        (KEY, {"algorithm": "ECDSA", "ecdsaCurve": "P128"}, "ecdsaCurve", "P224, P256"),
        (KEY, {"algorithm": "RSA", "rsaBits": 512}, "rsaBits", "at least 1024"),
        (REQUEST, {"ipAddresses": ["10.0.0.1", "10.0.0.256"]}, "ipAddresses[1]", "10.0.0.256"),
        (REQUEST, {"ipAddresses": ["fe80::1%eth0"]}, "ipAddresses[0]", "fe80"),
        (REQUEST, {"dnsNames": ["bücher.test"]}, "dnsNames[0]", "ASCII"),
        (REQUEST, {"uris": ["no uri"]}, "uris[0]", "spaces"),
        (REQUEST, {"subject": {"country": "CHE"}}, "subject.country", "two letters"),
        (REQUEST, {"subject": {"commonName": "x" * 65}}, "subject.commonName", "64"),
        (REQUEST, {"subject": {"serialNumber": "a_b"}}, "subject.serialNumber", "letters"),
        (REQUEST, {"subject": {"emailAddress": "é@b"}}, "subject.emailAddress", "ASCII"),
        (REQUEST, {"subject": {"streetAddresses": ["a", "a"]}}, "subject.streetAddresses", "twice"),
        (SELF_SIGNED, {"allowedUses": ["signing"]}, "allowedUses", "'signing'"),
        (SELF_SIGNED, {"allowedUses": ["encipher_only"]}, "allowedUses", "key_agreement"),
        (SELF_SIGNED, {"validityPeriodHours": -1}, "validityPeriodHours", "at least 0"),
        (SELF_SIGNED, {"validityPeriodHours": 10**9}, "validityPeriodHours", "9999"),
        (SELF_SIGNED, {"earlyRenewalHours": -1}, "earlyRenewalHours", "at least 0"),
        (SELF_SIGNED, {"maxPathLength": -2}, "maxPathLength", "at least -1"),
        (SELF_SIGNED, {"isCaCertificate": True, "subject": {"commonName": ""}}, "subject", "authority"),
        (SELF_SIGNED, {"setAuthorityKeyId": True}, "setAuthorityKeyId", "setSubjectKeyId"),
    ],
)
def test_what_no_certificate_can_hold_is_refused_before_anything_is_made(
    plugin: Plugin, smallest: Inputs, token: str, inputs: dict[str, Any], path: str, words: str
) -> None:
    assert words in plugin.check(token, smallest[token] | inputs)[1][path]


@pytest.mark.parametrize(
    ("token", "name", "words"),
    [
        (REQUEST, "privateKeyPem", "privateKeyPem holds no private key"),
        (SELF_SIGNED, "privateKeyPem", "privateKeyPem holds no private key"),
        (SIGNED, "caPrivateKeyPem", "caPrivateKeyPem holds no private key"),
        (SIGNED, "caCertPem", "caCertPem holds no certificate"),
        (SIGNED, "certRequestPem", "certRequestPem holds no certificate request"),
    ],
)
@pytest.mark.parametrize("label", ["", "EC PRIVATE KEY", "CERTIFICATE", "CERTIFICATE REQUEST"])
def test_pem_that_is_none_is_named_but_not_quoted(
    plugin: Plugin, smallest: Inputs, token: str, name: str, words: str, label: str
) -> None:
    broken = f"-----BEGIN {label}-----\nc2VjcmV0c2VjcmV0\n-----END {label}-----\n" if label else "secret"
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(token, smallest[token] | {name: broken})
    assert words in refused.value.details()
    assert "c2VjcmV0" not in refused.value.details()
    assert refused.value.code() == grpc.StatusCode.UNKNOWN


def test_a_refused_secret_is_not_handed_back_as_the_property_at_fault(plugin: Plugin) -> None:
    """The engine prints the value of the property that a failure names."""
    request = {"urn": urn(REQUEST), "news": {"privateKeyPem": ["c2VjcmV0"], "dnsNames": 1}}
    failures = plugin.raw("Check", request)["failures"]
    assert failures == [
        {"reason": "privateKeyPem: this must be a string"},
        {"property": "dnsNames", "reason": "this must be a list of strings"},
    ]


def test_schemas_and_functions_are_refused_with_the_way_out(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="generate-code=false"):
        plugin.raw("GetSchema", {})
    with pytest.raises(grpc.RpcError, match="provides no functions of package tls, such as tls:index/getPublicKey"):
        plugin.raw("Invoke", {"tok": "tls:index/getPublicKey:getPublicKey"})


def test_a_key_of_another_authority_is_refused(plugin: Plugin, smallest: Inputs) -> None:
    with pytest.raises(grpc.RpcError, match="not the private key of the certificate"):
        plugin.create(SIGNED, smallest[SIGNED] | {"caPrivateKeyPem": make_key(plugin)})


def test_states_of_older_official_versions_have_no_diff(plugin: Plugin, smallest: Inputs) -> None:
    _, state = plugin.create(SELF_SIGNED, smallest[SELF_SIGNED])
    absent = ("maxPathLength", "setSubjectKeyId", "setAuthorityKeyId", "isCaCertificate", "allowedUses")
    older = {name: value for name, value in state.items() if name not in absent}
    older["subject"] = {"commonName": "", "streetAddresses": []}
    assert plugin.diff(SELF_SIGNED, older, smallest[SELF_SIGNED]).changes == 1


def test_a_state_with_the_hash_of_a_key_takes_the_key_over(plugin: Plugin, smallest: Inputs) -> None:
    _, state = plugin.create(SELF_SIGNED, smallest[SELF_SIGNED])
    hashed = state | {"privateKeyPem": "097d55ae27a2e81f19b7dc586014b394e10cdc12"}
    answer = plugin.diff(SELF_SIGNED, hashed, smallest[SELF_SIGNED])
    assert (list(answer.diffs), list(answer.replaces)) == (["privateKeyPem"], [])


def test_another_type_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create("tls:index/pkcs12:Pkcs12", {})
    assert "pulumi plugin install resource tls v5.5.1" in refused.value.details()
    assert all(token in refused.value.details() for token in FACTS["resources"])


def test_nothing_can_be_imported(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="cannot be imported"):
        plugin.read(KEY, "abc")
