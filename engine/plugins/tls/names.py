"""Subjects and alternative names of certificates and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from engine.plugins.tls.requested import address

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order in which the official plugin writes them.
_ATTRIBUTES: Final[Mapping[str, x509.ObjectIdentifier]] = {
    "country": NameOID.COUNTRY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "streetAddresses": NameOID.STREET_ADDRESS,
    "postalCode": NameOID.POSTAL_CODE,
    "commonName": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}


def subject(parts: Mapping[str, Any]) -> x509.Name:
    """Return the distinguished name; the lines of a street address are one part of it."""
    relative = []
    for name, oid in _ATTRIBUTES.items():
        given = parts.get(name) or []
        values = [value for value in ([given] if isinstance(given, str) else given) if value]
        if values:
            relative.append(x509.RelativeDistinguishedName(x509.NameAttribute(oid, value) for value in values))
    return x509.Name(relative)


def alternative_names(planned: Mapping[str, Any]) -> list[x509.GeneralName]:
    """Return the names from the inputs: DNS names, addresses, URIs."""
    return [
        *map(x509.DNSName, planned.get("dnsNames") or []),
        *(x509.IPAddress(address(text)) for text in planned.get("ipAddresses") or []),
        *map(x509.UniformResourceIdentifier, planned.get("uris") or []),
    ]


def requested_names(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    """Return the names of a request, in the same order; other kinds are left out, as in the official plugin."""
    try:
        names = list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
    kinds = (x509.DNSName, x509.IPAddress, x509.UniformResourceIdentifier)
    return [name for kind in kinds for name in names if isinstance(name, kind)]
