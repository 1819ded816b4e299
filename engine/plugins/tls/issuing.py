"""Certificates: RFC 5280."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from engine.plugins.tls.keys import Private, Public, signature_hash
from engine.plugins.tls.usages import EXTENDED_KEY_USAGES, KEY_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.plugins.values import Properties

_SERIAL_BITS: Final = 128
_DER_OCTET_STRING_OF_32: Final = b"\x04\x20"


@dataclass(frozen=True)
class Holder:
    """Whose certificate it is."""

    subject: x509.Name
    names: list[x509.GeneralName]
    key: Public


@dataclass(frozen=True)
class Issuer:
    """Who signs it; ``key_id`` is what the certificate says of the issuer's key, if anything."""

    name: x509.Name
    key: Private
    key_id: bytes | None


def issue(
    holder: Holder, issuer: Issuer, planned: Mapping[str, Any], start: datetime.datetime
) -> tuple[str, Properties]:
    """Issue a certificate; returns the resource's id and the outputs about the certificate.

    ``planned`` are the inputs of the certificate resource, defaults filled in.
    """
    start = start.replace(microsecond=0)
    end = start + datetime.timedelta(hours=planned["validityPeriodHours"])
    serial = secrets.randbelow(2**_SERIAL_BITS - 1) + 1
    builder = x509.CertificateBuilder(
        issuer_name=issuer.name,
        subject_name=holder.subject,
        public_key=holder.key,
        serial_number=serial,
        not_valid_before=start,
        not_valid_after=end,
    )
    for extension, is_critical in _extensions(holder, issuer, planned):
        builder = builder.add_extension(extension, critical=is_critical)
    certificate = builder.sign(issuer.key, signature_hash(issuer.key))
    return str(serial), {
        "certPem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "validityStartTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "validityEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }


def subject_key_id(key: Public) -> bytes:
    """Return the SHA-1 of the public key (RFC 5280, 4.2.1.2, method 1).

    For ED25519 the official plugin hashes the key within a DER octet string: so that ids stay, this does too.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        return hashlib.sha1(_DER_OCTET_STRING_OF_32 + key.public_bytes_raw(), usedforsecurity=False).digest()
    return x509.SubjectKeyIdentifier.from_public_key(key).digest


def has_subject_key_id(planned: Mapping[str, Any]) -> bool:
    """Tell whether the certificate names its own key: that of an authority always does."""
    return bool(planned["setSubjectKeyId"] or planned["isCaCertificate"])


def _extensions(
    holder: Holder, issuer: Issuer, planned: Mapping[str, Any]
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    uses = planned["allowedUses"]
    if any(use in KEY_USAGES for use in uses):
        yield x509.KeyUsage(**{argument: name in uses for name, argument in KEY_USAGES.items()}), True
    extended = [x509.ObjectIdentifier(EXTENDED_KEY_USAGES[use]) for use in uses if use in EXTENDED_KEY_USAGES]
    if extended:
        yield x509.ExtendedKeyUsage(extended), False
    is_ca, length = planned["isCaCertificate"], planned["maxPathLength"]
    yield x509.BasicConstraints(ca=is_ca, path_length=length if is_ca and length >= 0 else None), True
    if has_subject_key_id(planned):
        yield x509.SubjectKeyIdentifier(subject_key_id(holder.key)), False
    if issuer.key_id:
        yield x509.AuthorityKeyIdentifier(issuer.key_id, None, None), False
    if holder.names:
        # Without a subject, the names are all that there is (RFC 5280, 4.2.1.6).
        yield x509.SubjectAlternativeName(holder.names), not list(holder.subject)
