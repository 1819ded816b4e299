"""Whom a certificate is asked for: inputs that requests and self-signed certificates have in common, and their check.

Limits that the format sets are checked here, so that a preview finds them.
"""

from __future__ import annotations

import ipaddress
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.plugins.fields import Field
from engine.plugins.resource import Failure
from engine.plugins.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.plugins.values import Properties, Value

_COUNTRY_CHARACTERS: Final = 2  # ISO 3166, RFC 5280 appendix A.1
_COMMON_NAME_CHARACTERS: Final = 64  # ub-common-name, RFC 5280 appendix A.1

_TEXTS: Final = (
    "commonName",
    "country",
    "emailAddress",
    "locality",
    "organization",
    "organizationalUnit",
    "postalCode",
    "province",
    "serialNumber",
)

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "subject": Field(
            "object", fields={**{name: Field("string") for name in _TEXTS}, "streetAddresses": Field("strings")}
        ),
        "dnsNames": Field("strings"),
        "ipAddresses": Field("strings"),
        "uris": Field("strings"),
    }
)


def faults(planned: Properties) -> list[Failure]:
    """Return what no certificate can hold."""
    return [*_subject_faults(planned.get("subject")), *_name_faults(planned)]


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Parse an address; one that maps IPv4 into IPv6 is the IPv4 one.

    Raises:
        ValueError: it is none, or has a scope.

    """
    parsed = ipaddress.ip_address(text)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id:
            message = f"{text} has a scope"
            raise ValueError(message)
        return parsed.ipv4_mapped or parsed
    return parsed


def _subject_faults(subject: Value) -> Iterator[Failure]:
    if not isinstance(subject, dict):
        return
    country, name = subject.get("country"), subject.get("commonName")
    if isinstance(country, str) and country and len(country) != _COUNTRY_CHARACTERS:
        yield Failure("subject.country", f"this must be a code of two letters, got {country!r}")
    if isinstance(name, str) and len(name) > _COMMON_NAME_CHARACTERS:
        yield Failure("subject.commonName", f"this must have at most {_COMMON_NAME_CHARACTERS} characters: {name!r}")


def _name_faults(planned: Properties) -> Iterator[Failure]:
    for name in ("dnsNames", "uris"):
        for index, item in _items(planned.get(name)):
            if not item or not item.isascii() or not item.isprintable() or " " in item:
                yield Failure(f"{name}[{index}]", f"this must be ASCII text without spaces, got {item!r}")
    for index, item in _items(planned.get("ipAddresses")):
        try:
            address(item)
        except ValueError:
            yield Failure(f"ipAddresses[{index}]", f"this must be an IPv4 or IPv6 address, got {item!r}")


def _items(values: Value) -> Iterator[tuple[int, str]]:
    for index, item in enumerate(values if isinstance(values, list) else []):
        if not isinstance(item, Unknown):
            yield index, str(item)
