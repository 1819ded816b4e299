"""A certificate authority, which issues the X.509 certificates that Kubernetes knows its parts by."""

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.errors import PartError

VALIDITY = datetime.timedelta(days=3650)
CLOCK_SKEW = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Identity:
    """Who a certificate stands for: user and groups of a client (RBAC), names and addresses of a server."""

    user: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def usages(self) -> list[x509.ObjectIdentifier]:
        """A server is one that has a name or an address; all may be clients, as etcd's own server must."""
        serves = [ExtendedKeyUsageOID.SERVER_AUTH] if self.hosts or self.addresses else []
        return [ExtendedKeyUsageOID.CLIENT_AUTH, *serves]


def new_key() -> bytes:
    """Make a fresh ECDSA P-256 private key (PKCS #8, PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_key(key: bytes) -> bytes:
    """Return the public half of a private key (PEM)."""
    return _load(key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def self_signed(name: str, key: bytes) -> bytes:
    """Make the authority's own certificate (PEM)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    private = _load(key)
    return (
        _builder(subject, subject, private.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def issue(ca: bytes, ca_key: bytes, identity: Identity, key: bytes) -> bytes:
    """Make a certificate (PEM) for the identity, over the public half of its key."""
    authority, signer = x509.load_pem_x509_certificate(ca), _load(ca_key)
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
    subject = x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, identity.user)])
    builder = (
        _builder(subject, authority.subject, _load(key).public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(identity.usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in identity.hosts]
    alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in identity.addresses]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


def _load(key: bytes) -> ec.EllipticCurvePrivateKey:
    loaded = load_pem_private_key(key, password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise PartError("a key of the lab's cluster is not the lab's own: run `lab down`, then `lab up`")
    return loaded


def _builder(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
