"""What a document can hold about files. Paths are absolute, modes four octal digits, owners `user:group`.

A path may begin with `@trust@/` (the OS trust store's folder for further CAs, found on the machine) or with
`@certs.d@/` (the folder of containerd's hosts.toml files: the first of its `config_path`, else
/etc/containerd/certs.d). `when` names a runtime (a service or program) or several with commas, with `+systemd` or
`+openrc` if the entry is for that init system alone: on a machine without it the entry is skipped, and the result says
so. `mode` or `owner` None: as it is, and 0644 root:root for a new file.

A path that is a symbolic link is written through to its target; one that leads to no regular file is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class File:
    """A file that is ours alone, whole."""

    path: str
    content: str | bytes = field(repr=False)
    mode: str | None = "0644"
    owner: str | None = "root:root"
    when: str | None = None
    replace: bool = True
    """False: another file that is there already is refused; True: it is kept aside and a delete brings it back."""


@dataclass(frozen=True)
class Directory:
    """A folder with mode and owner of its own; those above it are made as 0755. A delete removes it only if empty."""

    path: str
    mode: str | None = "0755"
    owner: str | None = "root:root"
    when: str | None = None


@dataclass(frozen=True)
class Absent:
    """A file or link that must not be there; a delete brings it back."""

    path: str
    when: str | None = None


@dataclass(frozen=True)
class Flags:
    """Command-line flags of a program that cannot stand beside keys of its file."""

    service: str
    """The unit that starts it, e.g. `docker`."""
    program: str
    """The name of its process, e.g. `dockerd`."""
    by_key: Mapping[str, str]
    """Key of the file to flag, e.g. `{"registry-mirrors": "--registry-mirror"}`."""


@dataclass(frozen=True)
class JsonKeys:
    """Top-level members of a JSON object that others own too. Their bytes stay as they are.

    A member in `union` is a list: ours are added to what is there, and only ours are taken out again. The triggers of
    services may name a member, `PATH#KEY`.
    """

    path: str
    keys: Mapping[str, Json] = field(repr=False)
    union: frozenset[str] = frozenset()
    mode: str | None = None
    owner: str | None = None
    when: str | None = None
    flags: Flags | None = None
    validate: str | None = None
    """Shell text that tries the new file, given as `$1`, before it is put in place."""


@dataclass(frozen=True)
class TomlKey:
    """One key of a TOML table."""

    table: str
    """As it would stand between `[` and `]`; empty for the root."""
    key: str
    value: str
    """TOML text, e.g. `"\\"/etc/x\\""` or `true`."""
    versions: str = "*"
    """`*`, or the values of the root key `version` (1 where it is missing) that this is for, e.g. `2` or `1,2`."""
    keep_set: bool = False
    """Leave a value alone that is there and is not empty."""


@dataclass(frozen=True)
class TomlForbidden:
    """A table that must have no key, or the program would refuse what we set."""

    table: str
    """A part may be `*`."""
    message: str
    """Follows the file's path: what was found, and what to do."""
    versions: str = "*"


@dataclass(frozen=True)
class TomlKeys:
    """Keys of a TOML file that others own too. Comments and order survive."""

    path: str
    keys: tuple[TomlKey, ...] = field(repr=False)
    forbidden: tuple[TomlForbidden, ...] = ()
    first_line: str | None = None
    """What a file that has no statement yet begins with, e.g. `version = 2`."""
    mode: str | None = None
    owner: str | None = None
    when: str | None = None
    validate: str | None = None


@dataclass(frozen=True)
class Block:
    """Lines between two marks in a file of lines that others own too, e.g. /etc/hosts or an environment file."""

    path: str
    lines: tuple[str, ...] = field(repr=False)
    mode: str | None = None
    owner: str | None = None
    when: str | None = None


FileEntry = File | Directory | Absent | JsonKeys | TomlKeys | Block
