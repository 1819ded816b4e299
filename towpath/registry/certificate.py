"""Checks on a certificate, key and CA that the user gives (RFC 5280 section 6 for the chain)."""

import datetime as dt
import ipaddress
import itertools

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from towpath.errors import CertificateError


def check_certificate(chain_pem: str, key_pem: str, ca_pem: str, hosts: list[str], now: dt.datetime) -> None:
    """Check a ready certificate: it parses, the key fits, the CA signed it, it is in force, it names every host.

    `chain_pem` is the leaf, then its intermediates. Raises CertificateError that names the setting and the fix.
    """
    chain = _certificates(chain_pem, "certificate_pem")
    authorities = _certificates(ca_pem, "ca_pem")
    _check_key(chain[0], key_pem, "private_key_pem", "certificate_pem")
    _check_window(chain[0], "certificate_pem", now)
    _check_hosts(chain[0], hosts)
    _check_chain(chain, authorities)


def check_authority(ca_pem: str, key_pem: str, now: dt.datetime) -> None:
    """Check a CA that is to sign: it parses, may sign, is in force, and the key is its own.

    Raises CertificateError that names the setting and the fix.
    """
    authority = _certificates(ca_pem, "ca_pem")[0]
    _check_key(authority, key_pem, "ca_private_key_pem", "ca_pem")
    _check_window(authority, "ca_pem", now)
    try:
        may_sign = authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        may_sign = False
    if not may_sign:
        raise CertificateError("ca_pem: is no CA (basicConstraints CA is not set); give the CA's certificate")


def _certificates(pem: str, setting: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise CertificateError(
            f"{setting}: holds no readable PEM certificate; it begins with -----BEGIN CERTIFICATE-----"
        ) from None


def _check_key(certificate: x509.Certificate, key_pem: str, key_setting: str, setting: str) -> None:
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except (ValueError, TypeError):
        raise CertificateError(f"{key_setting}: is no readable PEM private key without a password") from None
    if _spki(key.public_key()) != _spki(certificate.public_key()):  # type: ignore[arg-type]  # x509 uses fewer kinds
        raise CertificateError(f"{key_setting}: is not the key of {setting}; give the key it was made with")


def _spki(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_window(certificate: x509.Certificate, setting: str, now: dt.datetime) -> None:
    if now >= certificate.not_valid_after_utc:
        raise CertificateError(f"{setting}: ended on {certificate.not_valid_after_utc:%Y-%m-%d}; give a current one")
    if now < certificate.not_valid_before_utc:
        raise CertificateError(f"{setting}: begins only on {certificate.not_valid_before_utc:%Y-%m-%d}")


def _check_hosts(certificate: x509.Certificate, hosts: list[str]) -> None:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise CertificateError("certificate_pem: has no subject alternative names, which clients ask for") from None
    dns = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    if missing := [host for host in hosts if not _named(host, dns, addresses)]:
        found = ", ".join(sorted(dns | addresses)) or "none"
        raise CertificateError(
            f"certificate_pem: does not name {', '.join(missing)} (it names {found}); add it, or set registry.host"
        )


def _named(host: str, dns: set[str], addresses: set[str]) -> bool:
    try:
        return str(ipaddress.ip_address(host)) in addresses
    except ValueError:
        wildcard = "*." + host.partition(".")[2]
        return host.lower() in dns or wildcard.lower() in dns


def _check_chain(chain: list[x509.Certificate], authorities: list[x509.Certificate]) -> None:
    """Follow the issuers from the leaf; a self-signed leaf that is its own CA holds too."""
    for certificate, issuer in itertools.pairwise(chain):
        if not _signed_by(certificate, issuer):
            raise CertificateError("certificate_pem: a certificate is not signed by the next; order leaf first")
    if not any(chain[-1] == authority or _signed_by(chain[-1], authority) for authority in authorities):
        raise CertificateError("ca_pem: did not sign certificate_pem; give the CA that did, or add the intermediates")


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
