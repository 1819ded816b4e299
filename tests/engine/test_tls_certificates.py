"""What keys, requests and certificates hold, read with OpenSSL's and OpenSSH's own programs."""

from __future__ import annotations

import hashlib
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from engine.plugins.resource import Call
from engine.plugins.tls.locally_signed_cert import LocallySignedCert
from engine.plugins.tls.plugin import package
from engine.plugins.tls.usages import ALL
from engine.plugins.values import reveal
from tests.engine.plugin_calls import Plugin, urn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "tls:index/privateKey:PrivateKey"
REQUEST = "tls:index/certRequest:CertRequest"
SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert"
SIGNED = "tls:index/locallySignedCert:LocallySignedCert"

KINDS: list[dict[str, Any]] = [
    {"algorithm": "RSA"},
    {"algorithm": "RSA", "rsaBits": 3072},
    {"algorithm": "ECDSA"},
    {"algorithm": "ECDSA", "ecdsaCurve": "P256"},
    {"algorithm": "ECDSA", "ecdsaCurve": "P384"},
    {"algorithm": "ECDSA", "ecdsaCurve": "P521"},
    {"algorithm": "ED25519"},
]
SUBJECT = {
    "country": "CH",
    "organization": "Müller, Söhne",
    "organizationalUnit": "Ops",
    "locality": "Bern",
    "province": "BE",
    "streetAddresses": ["Gasse 1", "Hof"],
    "postalCode": "3000",
    "commonName": "registry.test",
    "serialNumber": "7",
    "emailAddress": "ops@registry.test",
}
NAMES = {
    "dnsNames": ["registry.test", "*.registry.test"],
    "ipAddresses": ["10.89.0.11", "::ffff:10.0.0.1", "fd00::1"],
    "uris": ["spiffe://trust/registry"],
}
ALTERNATIVES = (
    "DNS:registry.test, DNS:*.registry.test, IP Address:10.89.0.11, IP Address:10.0.0.1, "
    "IP Address:FD00:0:0:0:0:0:0:1, URI:spiffe://trust/registry"
)


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    served = Plugin(package())
    yield served
    served.close()


def make(plugin: Plugin, token: str, **inputs: Any) -> dict[str, Any]:
    _, failures = plugin.check(token, inputs)
    assert failures == {}
    outputs: dict[str, Any] = reveal(plugin.create(token, inputs)[1])
    return outputs


def make_key(plugin: Plugin, **inputs: Any) -> str:
    return str(make(plugin, KEY, **(inputs or {"algorithm": "ECDSA", "ecdsaCurve": "P256"}))["privateKeyPem"])


def make_authority(plugin: Plugin, key: str, **inputs: Any) -> str:
    wanted = {"isCaCertificate": True, "subject": {"commonName": "Lab CA"}, "allowedUses": ["cert_signing"]} | inputs
    return str(make(plugin, SELF_SIGNED, privateKeyPem=key, validityPeriodHours=100, **wanted)["certPem"])


def run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def show(pem: str, kind: str = "x509") -> str:
    """Return OpenSSL's description, one line a line, without indentation."""
    text = run("openssl", kind, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space", stdin=pem)
    return "\n".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_all_forms_of_a_key_are_one_key(plugin: Plugin, kind: dict[str, Any], tmp_path: Path) -> None:
    identity, secret = plugin.create(KEY, kind)
    forms = reveal(secret)
    public = {run("openssl", "pkey", "-pubout", stdin=forms[name]) for name in ("privateKeyPem", "privateKeyPemPkcs8")}
    assert public == {forms["publicKeyPem"]}
    der = serialization.load_pem_public_key(forms["publicKeyPem"].encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert identity == forms["id"] == hashlib.sha1(der).hexdigest()
    labels = {"RSA": "RSA PRIVATE KEY", "ECDSA": "EC PRIVATE KEY", "ED25519": "PRIVATE KEY"}
    assert forms["privateKeyPem"].startswith(f"-----BEGIN {labels[kind['algorithm']]}-----\n")
    assert forms["privateKeyPemPkcs8"].startswith("-----BEGIN PRIVATE KEY-----\n")
    openssh = ("privateKeyOpenssh", "publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256")
    if kind == {"algorithm": "ECDSA"}:
        assert [forms[name] for name in openssh] == [""] * 4
        return
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(forms["privateKeyOpenssh"])
    assert run("ssh-keygen", "-y", "-f", str(file)).split()[:2] == forms["publicKeyOpenssh"].split()
    assert forms["publicKeyOpenssh"].endswith("\n")
    for algorithm, name in (("md5", "Md5"), ("sha256", "Sha256")):
        shown = run("ssh-keygen", "-l", "-E", algorithm, "-f", str(file)).split()[1]
        assert shown.removeprefix("MD5:") == forms[f"publicKeyFingerprint{name}"]


def test_rsa_and_curves_are_as_asked_for(plugin: Plugin) -> None:
    assert "(3072 bit" in run("openssl", "pkey", "-noout", "-text", stdin=make_key(plugin, **KINDS[1]))
    assert "P-521" in run("openssl", "pkey", "-noout", "-text", stdin=make_key(plugin, **KINDS[5]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_a_request_holds_subject_and_names(plugin: Plugin, kind: dict[str, Any]) -> None:
    outputs = make(plugin, REQUEST, privateKeyPem=make_key(plugin, **kind), subject=SUBJECT, **NAMES)
    assert outputs["keyAlgorithm"] == kind["algorithm"]
    run("openssl", "req", "-verify", "-noout", stdin=outputs["certRequestPem"])
    text = show(outputs["certRequestPem"], "req")
    # The lines of the street are a set, which DER sorts.
    assert (
        "\nSubject: C=CH, O=Müller, Söhne, OU=Ops, L=Bern, ST=BE, street=Hof + street=Gasse 1, "
        "postalCode=3000, CN=registry.test, serialNumber=7, emailAddress=ops@registry.test\n"
    ) in text
    assert ALTERNATIVES in text
    der = x509.load_pem_x509_csr(outputs["certRequestPem"].encode()).public_bytes(serialization.Encoding.DER)
    assert outputs["id"] == hashlib.sha1(der).hexdigest()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_a_leaf_of_an_authority_is_trusted_for_its_names_only(
    plugin: Plugin, kind: dict[str, Any], tmp_path: Path
) -> None:
    key = make_key(plugin, **kind)
    ca = make_authority(plugin, key)
    request = make(plugin, REQUEST, privateKeyPem=make_key(plugin), subject=SUBJECT, **NAMES)
    leaf = make(
        plugin,
        SIGNED,
        caCertPem=ca,
        caPrivateKeyPem=key,
        certRequestPem=request["certRequestPem"],
        validityPeriodHours=24,
        allowedUses=["key_encipherment", "digital_signature", "server_auth"],
        setSubjectKeyId=True,
    )
    assert leaf["caKeyAlgorithm"] == kind["algorithm"]
    (tmp_path / "ca.pem").write_text(ca)
    (tmp_path / "leaf.pem").write_text(leaf["certPem"])
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(tmp_path / "ca.pem")]
    for name in (["-verify_hostname", "a.registry.test"], ["-verify_ip", "fd00::1"]):
        run(*verify, *name, str(tmp_path / "leaf.pem"))
    with pytest.raises(AssertionError, match="ostname mismatch"):
        run(*verify, "-verify_hostname", "other.test", str(tmp_path / "leaf.pem"))
    text, parent = show(leaf["certPem"]), show(ca)
    assert f"X509v3 Subject Alternative Name:\n{ALTERNATIVES}" in text
    assert "X509v3 Key Usage: critical\nDigital Signature, Key Encipherment\n" in text
    assert "X509v3 Extended Key Usage:\nTLS Web Server Authentication\n" in text
    assert "X509v3 Basic Constraints: critical\nCA:FALSE\n" in text
    parent_id = re.search(r"Subject Key Identifier:\n(.*)", parent)
    assert parent_id is not None
    assert f"X509v3 Authority Key Identifier:\n{parent_id[1]}\n" in text
    assert "emailAddress" in text, "the subject is that of the request"
    assert int(leaf["id"]) == x509.load_pem_x509_certificate(leaf["certPem"].encode()).serial_number


def test_validity_is_what_the_outputs_say(plugin: Plugin) -> None:
    made = make(plugin, SELF_SIGNED, privateKeyPem=make_key(plugin), allowedUses=[], validityPeriodHours=48)
    certificate = x509.load_pem_x509_certificate(made["certPem"].encode())
    assert f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}" == made["validityStartTime"]
    assert f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}" == made["validityEndTime"]
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() == 48 * 3600


def test_every_use_is_written(plugin: Plugin) -> None:
    uses = list(ALL)
    pem = make(plugin, SELF_SIGNED, privateKeyPem=make_key(plugin), allowedUses=uses, validityPeriodHours=1)["certPem"]
    text = show(pem)
    assert (
        "Digital Signature, Non Repudiation, Key Encipherment, Data Encipherment, Key Agreement, Certificate Sign, "
        "CRL Sign, Encipher Only, Decipher Only"
    ) in text
    extended = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert len(list(extended.value)) == 14
    for words in ("Any Extended Key Usage", "Code Signing", "IPSec Tunnel", "OCSP Signing", "Netscape Server Gated"):
        assert words in text


def test_a_certificate_without_anything_holds_nothing_more(plugin: Plugin) -> None:
    made = make(plugin, SELF_SIGNED, privateKeyPem=make_key(plugin), allowedUses=[], validityPeriodHours=1)
    text = show(made["certPem"])
    assert re.findall(r"^X509v3 (?!extensions)(.*)", text, re.MULTILINE) == ["Basic Constraints: critical"]


def test_names_without_a_subject_are_critical(plugin: Plugin) -> None:
    wanted = {"privateKeyPem": make_key(plugin), "allowedUses": [], "validityPeriodHours": 1, "dnsNames": ["a.test"]}
    assert "Alternative Name: critical\nDNS:a.test" in show(make(plugin, SELF_SIGNED, **wanted)["certPem"])
    named = make(plugin, SELF_SIGNED, **wanted, subject={"commonName": "a"})
    assert "Alternative Name:\nDNS:a.test" in show(named["certPem"])


@pytest.mark.parametrize(("length", "text"), [(-1, "CA:TRUE\n"), (0, "CA:TRUE, pathlen:0"), (2, "CA:TRUE, pathlen:2")])
def test_an_authority_limits_the_path_below_it(plugin: Plugin, length: int, text: str) -> None:
    assert text in show(make_authority(plugin, make_key(plugin), maxPathLength=length))


def test_a_leaf_has_no_path_length(plugin: Plugin) -> None:
    wanted = {"privateKeyPem": make_key(plugin), "allowedUses": [], "validityPeriodHours": 1, "maxPathLength": 2}
    assert "CA:FALSE\n" in show(make(plugin, SELF_SIGNED, **wanted)["certPem"])


def test_key_identifiers_are_written_when_asked_for(plugin: Plugin) -> None:
    key = make_key(plugin)
    wanted = {"privateKeyPem": key, "allowedUses": [], "validityPeriodHours": 1}
    own = x509.SubjectKeyIdentifier.from_public_key(
        serialization.load_pem_private_key(key.encode(), None).public_key()  # type: ignore[arg-type]
    ).digest.hex(":")
    text = show(make(plugin, SELF_SIGNED, **wanted, setSubjectKeyId=True, setAuthorityKeyId=True)["certPem"])
    assert re.findall(r"Key Identifier:\n(.*)", text) == [own.upper()] * 2
    authority = make_authority(plugin, key)
    assert re.findall(r"Subject Key Identifier:\n(.*)", show(authority)) == [own.upper()]
    assert "Authority Key Identifier" not in show(authority)


def test_the_key_identifier_of_an_ed25519_key_is_the_official_plugins_own(plugin: Plugin) -> None:
    key_pem = make_key(plugin, algorithm="ED25519")
    wanted = {"privateKeyPem": key_pem, "allowedUses": [], "validityPeriodHours": 1, "setSubjectKeyId": True}
    made = make(plugin, SELF_SIGNED, **wanted)
    certificate = x509.load_pem_x509_certificate(made["certPem"].encode())
    key = certificate.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    written = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert written == hashlib.sha1(bytes([0x04, len(key)]) + key).digest()


def test_a_chain_of_two_authorities_is_trusted(plugin: Plugin, tmp_path: Path) -> None:
    keys = [make_key(plugin) for _ in range(3)]
    root = make_authority(plugin, keys[0])
    requests = [
        make(plugin, REQUEST, privateKeyPem=key, subject={"commonName": name}, dnsNames=[name])["certRequestPem"]
        for key, name in ((keys[1], "middle"), (keys[2], "leaf.test"))
    ]
    common = {"validityPeriodHours": 10}
    middle = make(
        plugin,
        SIGNED,
        caCertPem=root,
        caPrivateKeyPem=keys[0],
        certRequestPem=requests[0],
        isCaCertificate=True,
        allowedUses=["cert_signing"],
        **common,
    )["certPem"]
    leaf = make(
        plugin,
        SIGNED,
        caCertPem=middle,
        caPrivateKeyPem=keys[1],
        certRequestPem=requests[1],
        allowedUses=["digital_signature", "server_auth"],
        **common,
    )["certPem"]
    for name, pem in (("root", root), ("middle", middle), ("leaf", leaf)):
        (tmp_path / name).write_text(pem)
    chain = ["-CAfile", str(tmp_path / "root"), "-untrusted", str(tmp_path / "middle")]
    run("openssl", "verify", "-verify_hostname", "leaf.test", *chain, str(tmp_path / "leaf"))


def test_an_authority_that_is_none_is_warned_of(plugin: Plugin) -> None:
    key = make_key(plugin)
    shown: list[tuple[str, str]] = []

    class Log:
        def write(self, severity: str, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
            shown.append((severity, message))

    leaf = make(plugin, SELF_SIGNED, privateKeyPem=key, allowedUses=[], validityPeriodHours=9)["certPem"]
    request = make(plugin, REQUEST, privateKeyPem=key)["certRequestPem"]
    common = {"caPrivateKeyPem": key, "certRequestPem": request, "allowedUses": [], "validityPeriodHours": 1}
    for authority in (make_authority(plugin, key), leaf):
        assert shown == []
        LocallySignedCert().create(Call(urn(SIGNED), "it", Log()), {"caCertPem": authority, **common})
    assert [severity for severity, _ in shown] == ["warning"]
    assert "caCertPem" in shown[0][1]
