"""Rules for single values. Each takes a value and returns it, or raises ValueError with what to write instead.

Sources: DNS names RFC 1123 section 2.1 and RFC 1035 section 2.3.4; user names RFC 7617 section 2 (no colon);
host keys sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT"; image references the distribution project's reference grammar.
"""

import base64
import binascii
import ipaddress
import re
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_LABEL = re.compile(r"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$")
_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
_CONTAINER_NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")
_IMAGE = re.compile(
    r"^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
_USER = re.compile(r"^[!\"$-9;-~][!-9;-~]*$")
_FOLDER = re.compile(r"/[A-Za-z0-9._/@+=~-]+")
_QUANTITY = re.compile(r"(\d+(\.\d+)?([KMGTPE]i|[mkMGTPE])?)?")
_LABEL_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_HOST_KEY_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_HOST_KEY_FIELDS = 2
_DNS_NAME_CHARACTERS = 253
_PORTS = 65535
_COUNTRY_LETTERS = 2

BCRYPT_BYTES = 72
"""bcrypt reads no more of a password than this (bcrypt(5))."""


def is_address(value: str) -> bool:
    """Whether `value` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def is_dns_name(value: str) -> bool:
    """Whether `value` is a host name; one leading `*.` label is allowed by the certificate rules alone, not here."""
    labels = value.split(".")
    if labels[-1].isdigit():
        return False
    return len(value) <= _DNS_NAME_CHARACTERS and all(_LABEL.match(label) for label in labels)


def host(value: str) -> str:
    """Accept a DNS name or an address, without scheme and port."""
    if not (is_address(value) or is_dns_name(value)):
        raise ValueError("is neither a DNS name nor an address; write it without scheme and port")
    return value


def subject_alternative_name(value: str) -> str:
    """Accept a DNS name, a wildcard DNS name or an address."""
    if not (is_address(value) or is_dns_name(value.removeprefix("*."))):
        raise ValueError("is neither a DNS name nor an address; write e.g. registry.example.com or 10.0.0.5")
    return value


def port(value: int) -> int:
    """Accept a TCP port."""
    if not 1 <= value <= _PORTS:
        raise ValueError(f"is not a port; write a whole number from 1 to {_PORTS}")
    return value


def resource_name(value: str) -> str:
    """Accept a name of lower-case letters, digits and hyphens, of at most 63 characters."""
    if not _NAME.match(value):
        raise ValueError("must be lower-case letters, digits and hyphens, at most 63, e.g. node-1")
    return value


def container_name(value: str) -> str:
    """Accept what Docker takes as a container's name."""
    if not _CONTAINER_NAME.match(value):
        raise ValueError("is not a container name; use letters, digits, '_', '.', '-', e.g. registry")
    return value


def image_reference(value: str) -> str:
    """Accept an image reference with a tag or a digest."""
    if not _IMAGE.match(value):
        raise ValueError("is not an image reference; write e.g. registry:3 or registry@sha256:<64 hex digits>")
    return value


def account_name(value: str) -> str:
    """Accept a user name that basic authentication and htpasswd can carry: printable ASCII without a colon."""
    if not _USER.match(value):
        raise ValueError("a user name is printable ASCII without ':' and spaces, not led by '#', e.g. team-a")
    return value


def password(value: str) -> str:
    """Accept a password that bcrypt can hold whole. The message never holds the value."""
    if not value:
        raise ValueError("is empty; give a password, or leave the key out to have one made")
    size = len(value.encode())
    if size > BCRYPT_BYTES:
        raise ValueError(f"has {size} bytes, bcrypt reads {BCRYPT_BYTES} at most; choose a shorter one")
    if any(character in value for character in "\n\r\0"):
        raise ValueError("has a line break or a null character, which no client can send; choose another")
    return value


def absolute_folder(value: str) -> str:
    """Accept an absolute POSIX path that is not the root and does not climb."""
    path = PurePosixPath(value)
    if not path.is_absolute() or path == PurePosixPath("/") or ".." in path.parts:
        raise ValueError("must be an absolute folder other than / and without '..', e.g. /data/registry")
    if not _FOLDER.fullmatch(value):
        raise ValueError("has a character that a machine's files cannot carry safely; use letters, digits and ._/@+=~-")
    return str(path)


def host_key(value: str) -> str:
    """Accept a host's public key, `<kind> <base64>`; a trailing comment is dropped."""
    fields = value.split()
    if len(fields) < _HOST_KEY_FIELDS or fields[0] not in _HOST_KEY_KINDS:
        raise ValueError("is not a host key; write '<kind> <base64>', as in /etc/ssh/ssh_host_ed25519_key.pub")
    try:
        blob = base64.b64decode(fields[1], validate=True)
    except binascii.Error:
        raise ValueError("its base64 part does not decode; copy /etc/ssh/ssh_host_ed25519_key.pub whole") from None
    if fields[0].encode() not in blob[: 4 + len(fields[0])]:
        raise ValueError(f"its base64 part is of another kind than {fields[0]}; copy the .pub file whole")
    return f"{fields[0]} {fields[1]}"


def one_line(value: str) -> str:
    """Accept text without control characters."""
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("has a line break or a control character; write it on one line")
    return value


def country(value: str) -> str:
    """Accept a country's code (ISO 3166-1 alpha-2; RFC 5280 appendix A.1, "X520countryName")."""
    if not (len(value) == _COUNTRY_LETTERS and value.isascii() and value.isalpha() and value.isupper()):
        raise ValueError("is no country's code; write its two capital letters, e.g. CH")
    return value


def base_url(value: str) -> str:
    """Accept `http[s]://host[:port][/path]`, without user, query and fragment."""
    parts = urlsplit(value)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ValueError("is no plain URL; write https://host[:port][/path]")
    host(parts.hostname)
    return value


def certificates_pem(value: str) -> str:
    """Accept one or more PEM certificates (RFC 7468 section 5)."""
    from cryptography import x509  # noqa: PLC0415 most settings have none, and need not wait for it

    try:
        x509.load_pem_x509_certificates(value.encode())
    except ValueError:
        raise ValueError("holds no readable certificate; give it in PEM, from -----BEGIN CERTIFICATE----- on") from None
    return value


def quantity(value: str) -> str:
    """Accept a Kubernetes quantity (API conventions, "Quantity") without an exponent, or '' for none."""
    if not _QUANTITY.fullmatch(value):
        raise ValueError("is no quantity; write e.g. 500m, 128Mi or 20Gi")
    return value


def labels(value: dict[str, str]) -> dict[str, str]:
    """Accept Kubernetes labels ("Labels and Selectors": syntax and character set)."""
    for key, text in value.items():
        prefix, slash, name = key.rpartition("/")
        if not _LABEL_PART.fullmatch(name) or (slash and not is_dns_name(prefix)):
            raise ValueError(f"{key!r} is no key of a label; write e.g. kubernetes.io/hostname")
        if text and not _LABEL_PART.fullmatch(text):
            raise ValueError(f"{key}: {text!r} is no value of a label: letters, digits, '-', '_' and '.', at most 63")
    return value


def network(value: str) -> str:
    """Accept a network as a CIDR."""
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError:
        raise ValueError("is no network; write it as a CIDR, e.g. 10.0.0.0/8") from None


def host_and_port(value: str) -> str:
    """Accept `host:port`; an IPv6 address stands in brackets."""
    name, colon, number = value.rpartition(":")
    if not colon or not number.isdigit() or not 1 <= int(number) <= _PORTS or not name:
        raise ValueError("must be host:port, e.g. redis.example.com:6379")
    host(name.removeprefix("[").removesuffix("]"))
    return value


def day(value: str) -> str:
    """Accept an ISO date; a time of midnight behind it is what YAML makes of a date without quotes."""
    try:
        return date.fromisoformat(value.removesuffix("T00:00:00Z")).isoformat()
    except ValueError:
        raise ValueError("is not a day; write YYYY-MM-DD in quotes, e.g. '2026-01-31'") from None


def numeric_user(value: str) -> str:
    """Accept `<uid>:<gid>`, numbers, as `docker run --user` takes them."""
    if not re.fullmatch(r"\d{1,9}:\d{1,9}", value):
        raise ValueError("must be '<uid>:<gid>' in numbers, e.g. 10001:10001, or 0:0 for root")
    return value
