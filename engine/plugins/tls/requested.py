"""Whom a certificate is asked for: inputs that requests and self-signed certificates have in common, and their check.

Limits that the format sets are checked here, so that a preview finds them.
"""

from __future__ import annotations

import ipaddress
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.plugins.fields import Field
from engine.plugins.resource import Failure
from engine.plugins.values import Unknown, has_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.plugins.values import Properties, Value

# RFC 5280, appendix A.1; PrintableString is of X.680, 41.4.
_SUBJECT_RULES: Final[tuple[tuple[str, Callable[[str], object], str], ...]] = (
    ("country", re.compile(r"[A-Za-z]{2}").fullmatch, "a code of two letters"),
    ("commonName", re.compile(r".{1,64}", re.DOTALL).fullmatch, "at most 64 characters long"),
    ("emailAddress", str.isascii, "ASCII text"),
    ("serialNumber", re.compile(r"[A-Za-z0-9 '()+,\-./:=?]+").fullmatch, "letters, digits, spaces and '()+,-./:=?"),
)

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
    given = {name: value for name, value in subject.items() if isinstance(value, str) and value}
    for name, is_valid, rule in _SUBJECT_RULES:
        if name in given and not is_valid(given[name]):
            yield Failure(f"subject.{name}", f"this must be {rule}, got {given[name]!r}")
    lines = subject.get("streetAddresses")
    if isinstance(lines, list) and not has_unknown(lines) and len(set(map(str, lines))) < len(lines):
        yield Failure("subject.streetAddresses", "a line is given twice")


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
