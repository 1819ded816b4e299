"""The document: what one machine should be, as the lines that the applier reads.

    towpath 1 ID
    contents DIGEST
    mask N
    file PATH WHEN MODE OWNER SHA256 N        and: directory, absent, json, toml, block
    keep PATH · flags PATH SERVICE PROGRAM N · validate PATH N · require NAME
    command NAME N N · service NAME TIMEOUT SETTLE N
    container NAME IMAGE HASH ADOPT TIMEOUT N N N N
    on command|restart|reload|container NAME PATH[#KEY]
    content N                                 followed by base64, for each N
    end

Fields are separated by a space and have none in them; `-` is a field that is not given.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from towpath.applier.actors import Actor, Command, Container, Service
from towpath.applier.container_lines import container_fields, container_hash
from towpath.applier.entries import Absent, Block, Directory, File, FileEntry, JsonKeys, TomlKeys
from towpath.applier.errors import DocumentError
from towpath.applier.operations import operations

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_PATH = re.compile(r"(/|@trust@/|@certs\.d@/)[A-Za-z0-9._/@:+,=~\[\]-]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*")
_WHEN = re.compile(r"[a-z0-9][a-z0-9_.-]*(,[a-z0-9][a-z0-9_.-]*)*(\+(systemd|openrc))?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_MODE = re.compile(r"[0-7]{4}")
_OWNER = re.compile(r"[a-z0-9_][a-z0-9_-]*:[a-z0-9_][a-z0-9_-]*")
_KINDS = {File: "file", Directory: "directory", Absent: "absent", JsonKeys: "json", TomlKeys: "toml", Block: "block"}


def check_id(document_id: str) -> str:
    """Return a document's id, or raise DocumentError: it becomes a folder's name."""
    return _field(_ID, document_id, "a document's id (lower-case letters, digits, hyphens)")


@dataclass(frozen=True)
class Document:
    """Everything Towpath wants of one machine, under an id of its own. A machine may have several documents."""

    id: str
    entries: tuple[FileEntry | Actor, ...]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that must not show in what the applier quotes of other programs' output."""

    requires: tuple[str, ...] = ()
    """Runtimes without which the machine is not what was expected: then nothing is done, and the error names it."""

    def __post_init__(self) -> None:
        """Refuse what would not arrive as it is meant. Raises DocumentError."""
        check_id(self.id)
        paths = [entry.path for entry in self.files]
        if twice := sorted({path for path in paths if paths.count(path) > 1}):
            raise DocumentError(f"the document {self.id!r} has two entries for {', '.join(twice)}; make them one")
        for entry in self.actors:
            if unknown := sorted({path for _, path in _hooks(entry) if path.partition("#")[0] not in paths}):
                raise DocumentError(f"{entry.name!r} waits for {', '.join(unknown)}, which the document does not have")

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """The entries about files, in order."""
        return tuple(entry for entry in self.entries if not isinstance(entry, Actor))

    @property
    def actors(self) -> tuple[Actor, ...]:
        """Commands, services and containers, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, Actor))

    def render(self) -> str:
        """Write the document down. The text holds secrets in a form that anyone can decode."""
        return _Writer().document(self)


class _Writer:
    """Collects lines and contents of one document."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.numbers: dict[bytes, int] = {}  # each content stands once, however many files it goes to

    def document(self, document: Document) -> str:
        if document.secrets:
            self.line("mask", self.content("\n".join(secret for secret in document.secrets if secret) + "\n"))
        for name in document.requires:
            self.line("require", _field(_NAME, name, "a runtime"))
        for entry in document.files:
            self.file(entry)
        for actor in document.actors:
            self.actor(actor)
        digest = hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in self.numbers)).hexdigest()
        encoded = [
            f"content {number}\n{base64.encodebytes(content).decode()}" for content, number in self.numbers.items()
        ]
        head = f"towpath 1 {document.id}\ncontents {digest}\n"
        return head + "".join(f"{line}\n" for line in self.lines) + "".join(encoded) + "end\n"

    def line(self, *fields: str | int) -> None:
        self.lines.append(" ".join(str(value) for value in fields))

    def content(self, content: str | bytes | None) -> str:
        if content is None:
            return "-"
        content = content.encode() if isinstance(content, str) else content
        return str(self.numbers.setdefault(content, len(self.numbers)))

    def file(self, entry: FileEntry) -> None:
        path = check_path(entry.path)
        mode = None if isinstance(entry, Absent) else entry.mode
        owner = None if isinstance(entry, Absent) else entry.owner
        digest, number = "-", "-"
        if isinstance(entry, File):
            digest, number = content_digest(entry), self.content(entry.content)
        elif isinstance(entry, JsonKeys | TomlKeys | Block):
            wished = operations(entry)
            digest, number = wished.digest, self.content(wished.text)
        self.line(
            _KINDS[type(entry)],
            path,
            _field(_WHEN, entry.when, "a runtime") if entry.when else "-",
            _field(_MODE, mode, f"a mode of {path} (four octal digits)") if mode else "-",
            _field(_OWNER, owner, f"an owner of {path} (user:group)") if owner else "-",
            digest,
            number,
        )
        if isinstance(entry, File) and not entry.replace:
            self.line("keep", path)
        if isinstance(entry, JsonKeys) and entry.flags:
            flags = "".join(f"{key} {flag}\n" for key, flag in entry.flags.by_key.items() if key in entry.keys)
            self.line("flags", path, entry.flags.service, entry.flags.program, self.content(flags))
        if isinstance(entry, JsonKeys | TomlKeys) and entry.validate:
            self.line("validate", path, self.content(entry.validate))

    def actor(self, actor: Actor) -> None:
        name = _field(_NAME, actor.name, "a name")
        if isinstance(actor, Command):
            self.line("command", name, self.content(actor.run), self.content(actor.undo))
        elif isinstance(actor, Service):
            self.line("service", name, actor.timeout_seconds, actor.settle_seconds, self.content(actor.check))
        else:
            adopt = "yes" if actor.adopt else "no"
            image = _field(_IMAGE, actor.image, "an image reference")
            numbers = [self.content(content) for content in container_fields(actor)]
            self.line("container", name, image, container_hash(actor), adopt, actor.timeout_seconds, *numbers)
        for verb, path in _hooks(actor):
            self.line("on", verb, name, path)


def check_path(path: str) -> str:
    """Return a path that the line format, the shell and xargs carry as it is, or raise DocumentError."""
    _field(_PATH, path, "an absolute path of letters, digits and ._/@:+,=~[]-")
    if {"", ".", ".."} & set(path.removeprefix("/").split("/")):
        raise DocumentError(f"{path!r} has an empty part, '.' or '..'; write it straight")
    return path


def content_digest(entry: File) -> str:
    """SHA-256 of a file's content, as 64 hex digits."""
    content = entry.content.encode() if isinstance(entry.content, str) else entry.content
    return hashlib.sha256(content).hexdigest()


def _hooks(actor: Actor) -> Iterable[tuple[str, str]]:
    if isinstance(actor, Command):
        return [("command", path) for path in actor.on]
    if isinstance(actor, Container):
        return [("container", path) for path in actor.restart_on]
    return [("restart", path) for path in actor.restart_on] + [("reload", path) for path in actor.reload_on]


def _field(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise DocumentError(f"{value!r} is not {what}")
    return value
