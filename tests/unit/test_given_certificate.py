"""A certificate that the user gives: what holds, and what each fault is called."""

import datetime as dt
import ipaddress
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from towpath.errors import CertificateError
from towpath.registry.certificate import check_authority, check_certificate

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


class Party:
    """A key with a certificate, signed by an issuer or by itself."""

    def __init__(self, name: str, issuer: "Party | None" = None, *, ca: bool = False, until: int = 100) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.name = subject
        sans = [x509.DNSName(name), x509.DNSName("*.wild.test"), x509.IPAddress(ipaddress.ip_address("10.0.0.5"))]
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - dt.timedelta(days=10))
            .not_valid_after(NOW + dt.timedelta(days=until))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(sans), critical=False)
            .sign(signer.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def root() -> Party:
    return Party("root", ca=True)


@pytest.fixture(scope="module")
def leaf(root: Party) -> Party:
    return Party("registry.test", root)


def test_a_leaf_of_its_ca_holds(root: Party, leaf: Party) -> None:
    check_certificate(leaf.pem, leaf.key_pem, root.pem, ["registry.test", "10.0.0.5", "a.wild.test"], NOW)


def test_an_intermediate_holds(root: Party) -> None:
    middle = Party("middle", root, ca=True)
    leaf = Party("registry.test", middle)
    check_certificate(leaf.pem + middle.pem, leaf.key_pem, root.pem, ["registry.test"], NOW)
    with pytest.raises(CertificateError, match="did not sign"):
        check_certificate(leaf.pem, leaf.key_pem, root.pem, ["registry.test"], NOW)


def test_a_self_signed_certificate_that_is_its_own_ca_holds() -> None:
    alone = Party("registry.test")
    check_certificate(alone.pem, alone.key_pem, alone.pem, ["registry.test"], NOW)


FAULTS: list[tuple[str, Callable[[Party, Party], tuple[str, str, str]], list[str]]] = [
    ("certificate_pem: holds no readable PEM", lambda root, leaf: ("nonsense", leaf.key_pem, root.pem), []),
    ("private_key_pem: is no readable PEM", lambda root, leaf: (leaf.pem, "nonsense", root.pem), []),
    ("private_key_pem: is not the key", lambda root, leaf: (leaf.pem, root.key_pem, root.pem), []),
    ("ca_pem: did not sign", lambda root, leaf: (leaf.pem, leaf.key_pem, Party("x", ca=True).pem), []),
    ("does not name b.test", lambda root, leaf: (leaf.pem, leaf.key_pem, root.pem), ["b.test"]),
    ("does not name 10.0.0.6", lambda root, leaf: (leaf.pem, leaf.key_pem, root.pem), ["10.0.0.6"]),
]


@pytest.mark.parametrize(("words", "parts", "hosts"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_each_fault_names_the_setting(
    root: Party, leaf: Party, words: str, parts: Callable[[Party, Party], tuple[str, str, str]], hosts: list[str]
) -> None:
    with pytest.raises(CertificateError, match=words) as caught:
        check_certificate(*parts(root, leaf), hosts, NOW)
    assert "PRIVATE KEY" not in str(caught.value)


def test_one_that_ended_is_refused(root: Party, leaf: Party) -> None:
    with pytest.raises(CertificateError, match="ended on"):
        check_certificate(leaf.pem, leaf.key_pem, root.pem, [], NOW + dt.timedelta(days=200))


def test_a_ca_must_be_one(root: Party, leaf: Party) -> None:
    check_authority(root.pem, root.key_pem, NOW)
    with pytest.raises(CertificateError, match="is no CA"):
        check_authority(leaf.pem, leaf.key_pem, NOW)
    with pytest.raises(CertificateError, match="ca_private_key_pem: is not the key"):
        check_authority(root.pem, leaf.key_pem, NOW)
