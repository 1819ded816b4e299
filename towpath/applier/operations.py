"""What is to be done to a file that others own too, as the lines that the awk programs read (script/*.awk)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from towpath.applier.entries import Block, JsonKeys, TomlKeys
from towpath.applier.errors import DocumentError

_KEY = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Operations:
    """`text` for the awk program; `digests` by name of what is set; `digest` of the whole."""

    text: str = field(repr=False)
    digests: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def operations(entry: JsonKeys | TomlKeys | Block) -> Operations:
    """Write down an entry's operations. Raises DocumentError for what lines cannot carry."""
    if isinstance(entry, JsonKeys):
        return _json(entry)
    return _toml(entry) if isinstance(entry, TomlKeys) else _block(entry)


def _json(entry: JsonKeys) -> Operations:
    lines, digests = [], {}
    for key, value in entry.keys.items():
        if not _KEY.fullmatch(key):
            raise DocumentError(f"{entry.path}: the key {key!r} has characters other than letters, digits and ._-")
        if key in entry.union and not isinstance(value, list):
            raise DocumentError(f"{entry.path}: {key} is to be united with what is there, so it must be a list")
        verb = "union" if key in entry.union else "set"
        digests[key] = _digest(verb, key, json.dumps(value))
        lines.append(_line(entry.path, verb, digests[key], key, json.dumps(value)))
    return Operations("".join(lines), digests)


def _toml(entry: TomlKeys) -> Operations:
    lines = [_line(entry.path, "new", "-", "-", entry.first_line)] if entry.first_line else []
    digests = {}
    lines += [_line(entry.path, "forbid", "-", "-", ban.versions, ban.table, ban.message) for ban in entry.forbidden]
    for key in entry.keys:
        digests[key.key] = _digest(key.key, key.value, str(key.keep_set))
        verb = "default" if key.keep_set else "set"
        lines.append(_line(entry.path, verb, digests[key.key], key.key, key.versions, key.table, key.key, key.value))
    return Operations("".join(lines), digests)


def _block(entry: Block) -> Operations:
    if any("\n" in line or line.startswith("# towpath ") for line in entry.lines):
        raise DocumentError(f"{entry.path}: a line of the block has a line break, or is one of the block's marks")
    body = "".join(f"{line}\n" for line in entry.lines)
    digest = _digest("block", body)
    return Operations(f"block\t{digest}\tblock\n{body}", {"block": digest})


def _line(path: str, *fields: str) -> str:
    if any(character in value for value in fields for character in "\t\n"):
        raise DocumentError(f"{path}: a value has a tab or a line break")
    return "\t".join(fields) + "\n"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
