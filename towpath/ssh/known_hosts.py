"""Look a machine up in a known_hosts file. Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"."""

import base64
import binascii
import fnmatch
import hashlib
import hmac

_PREFERRED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_FIELDS = 3
_SSH_PORT = 22


def host_key_for(known_hosts: str, host: str, port: int = _SSH_PORT) -> str | None:
    """Return a machine's key as `TYPE BASE64`, or None. Plain, wildcard and hashed entries are understood.

    Revoked keys and certificate authorities are passed over. Of several keys the strongest kind is taken.
    """
    name = host.lower() if port == _SSH_PORT else f"[{host.lower()}]:{port}"
    found: dict[str, str] = {}
    for line in known_hosts.splitlines():
        fields = line.split()
        if len(fields) < _FIELDS or fields[0].startswith(("#", "@")):
            continue
        patterns, kind, key = fields[:_FIELDS]
        if kind in _PREFERRED and _matches(patterns, name):
            found.setdefault(kind, f"{kind} {key}")
    return next((found[kind] for kind in _PREFERRED if kind in found), None)


def _matches(patterns: str, name: str) -> bool:
    if patterns.startswith("|1|"):
        return _matches_hash(patterns, name)
    positive = False
    for pattern in patterns.lower().split(","):
        # Brackets stand around a host with a port; to fnmatch they would be a set of characters.
        literal = pattern.removeprefix("!").replace("[", "[[]")
        if fnmatch.fnmatchcase(name, literal):
            if pattern.startswith("!"):
                return False
            positive = True
    return positive


def _matches_hash(entry: str, name: str) -> bool:
    try:
        _, _, salt, digest = entry.split("|")
        wanted = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(wanted, base64.b64decode(digest))
    except (ValueError, binascii.Error):
        return False
