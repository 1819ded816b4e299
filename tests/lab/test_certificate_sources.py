"""Where the certificate comes from: each source serves, verified by what the stack tells clients to trust."""

import datetime as dt
import ipaddress
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.lab.stack_workspace import StackWorkspace


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, in PEM."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def pair(name: str, issuer: Pair | None = None) -> Pair:
    """Make a CA, or a leaf for the lab's registry that `issuer` signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=60))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        address = x509.IPAddress(ipaddress.ip_address("10.89.0.11"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority() -> Pair:
    return pair("An enterprise CA")


def served_subject(workspace: StackWorkspace) -> str:
    """What the stack's clients are told to trust, after a verified request."""
    assert workspace.catalog_status() == 200
    pem = workspace.outputs()["registry"]["ca_pem"]
    return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()


def test_every_source_serves_and_can_follow_another(new_workspace: StackWorkspace, authority: Pair) -> None:
    """One stack goes through all sources: the registry restarts in place, and clients follow the output."""
    new_workspace.change("registry", certificate={"source": "self-signed", "key_algorithm": "ECDSA"})
    new_workspace.up().ok()
    assert served_subject(new_workspace) == "CN=10.89.0.11"

    new_workspace.change("registry", certificate={"source": "own-ca", "ca_pem": authority.pem})
    new_workspace.set_secret("registry.certificate.ca_private_key_pem", authority.key_pem)
    new_workspace.up().ok()
    assert served_subject(new_workspace) == "CN=An enterprise CA"

    leaf = pair("ours", authority)
    provided = {"source": "provided", "ca_pem": authority.pem, "certificate_pem": leaf.pem}
    new_workspace.change("registry", certificate=provided)
    new_workspace.set_secret("registry.certificate.private_key_pem", leaf.key_pem)
    new_workspace.up().ok()
    assert served_subject(new_workspace) == "CN=An enterprise CA"

    new_workspace.change("registry", certificate={"key_algorithm": "ED25519", "subject": {"organization": "Acme"}})
    new_workspace.up().ok()
    assert served_subject(new_workspace) == "CN=Towpath registry CA"
    new_workspace.preview("--expect-no-changes").ok()


def test_a_certificate_that_does_not_fit_is_refused_before_anything_is_made(
    new_workspace: StackWorkspace, authority: Pair
) -> None:
    stranger = pair("stranger", pair("Another CA"))
    provided = {"source": "provided", "ca_pem": authority.pem, "certificate_pem": stranger.pem}
    new_workspace.change("registry", certificate=provided)
    new_workspace.set_secret("registry.certificate.private_key_pem", stranger.key_pem)
    refused = new_workspace.up()
    assert refused.code != 0
    assert "ca_pem: did not sign certificate_pem" in refused.output
    assert "PRIVATE KEY" not in refused.output
    assert "Command" not in refused.output
