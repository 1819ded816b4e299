"""Wish and reality in one shape, for previews and drift: equal summaries mean that a machine is as its document says.

    {"files": {PATH: "MODE OWNER DIGEST", "PATH#KEY": "DIGEST", …},
     "restarts": {SERVICE or CONTAINER: DIGEST}, "reloads": {SERVICE: DIGEST}, "containers": {NAME: "running DIGEST"}}

Digests are salted, so that a file with a short secret cannot be guessed from a state file. A restart's digest changes
exactly when an apply would restart the service or the container. A mode or owner that is left as it is shows as `-`.
"""

import hashlib
from collections.abc import Iterable, Mapping

from towpath.applier.actors import Container, Service
from towpath.applier.container_lines import container_hash
from towpath.applier.document import Document, content_digest
from towpath.applier.entries import Absent, Directory, File, FileEntry
from towpath.applier.operations import operations
from towpath.applier.result import Result

Summary = dict[str, dict[str, str]]
_SHOWN_DIGITS = 32


def summary(document: Document, salt: str) -> Summary:
    """Summarise what a document wants. `salt` is any secret text that stays the same for the stack."""
    files: dict[str, str] = {}
    contents: dict[str, str] = {}
    for entry in document.files:
        files |= _wished(entry, salt)
        contents |= _contents(entry)
    services = [actor for actor in document.actors if isinstance(actor, Service)]
    restarted = [actor for actor in document.actors if isinstance(actor, Service | Container) and actor.restart_on]
    return {
        "files": files,
        "restarts": _triggers({each.name: each.restart_on for each in restarted}, contents, salt),
        "reloads": _triggers({each.name: each.reload_on for each in services if each.reload_on}, contents, salt),
        "containers": {
            actor.name: f"running {container_hash(actor)[:_SHOWN_DIGITS]}"
            for actor in document.actors
            if isinstance(actor, Container)
        },
    }


def actual_summary(checked: Result, salt: str) -> Summary:
    """Summarise what a check found."""
    files: dict[str, str] = {}
    contents: dict[str, str] = {}
    for step in checked.of("file"):
        mode, owner, digest = step.reason.split(" ")
        files[step.name] = _found(step.outcome, mode, owner, digest, salt)
        contents[step.name] = digest if step.outcome == "file" else step.outcome
    for step in checked.of("key"):
        name = f"{step.name}#{step.outcome}"
        files[name] = contents[name] = step.reason
        if step.reason not in {"missing", "differs"}:
            files[name] = salted(step.reason, salt)
        contents.pop(step.name, None)
    hooks: dict[str, dict[str, list[str]]] = {"restart": {}, "reload": {}}
    for step in checked.of("on"):
        hooks[step.outcome].setdefault(step.name, []).append(step.reason)
    return {
        "files": files,
        "restarts": _triggers(hooks["restart"], contents, salt),
        "reloads": _triggers(hooks["reload"], contents, salt),
        "containers": {step.name: f"{step.outcome} {step.reason[:_SHOWN_DIGITS]}" for step in checked.of("container")},
    }


def salted(digest: str, salt: str) -> str:
    """Digest of a digest, of no use to whoever does not know the salt."""
    return hashlib.sha256(f"{salt}\0{digest}".encode()).hexdigest()[:_SHOWN_DIGITS]


def _wished(entry: FileEntry, salt: str) -> dict[str, str]:
    if isinstance(entry, Absent):
        return {entry.path: "absent"}
    mode, owner = entry.mode or "-", entry.owner or "-"
    if isinstance(entry, Directory):
        return {entry.path: f"{mode} {owner} directory"}
    if isinstance(entry, File):
        return {entry.path: f"{mode} {owner} {salted(content_digest(entry), salt)}"}
    keys = {f"{entry.path}#{key}": salted(digest, salt) for key, digest in operations(entry).digests.items()}
    return {entry.path: f"{mode} {owner} merged"} | keys


def _contents(entry: FileEntry) -> dict[str, str]:
    if isinstance(entry, Absent | Directory):
        return {entry.path: "absent" if isinstance(entry, Absent) else "directory"}
    if isinstance(entry, File):
        return {entry.path: content_digest(entry)}
    return {f"{entry.path}#{key}": digest for key, digest in operations(entry).digests.items()}


def _found(kind: str, mode: str, owner: str, digest: str, salt: str) -> str:
    if kind == "file":
        return f"{mode} {owner} {digest if digest == 'merged' else salted(digest, salt)}"
    return f"{mode} {owner} directory" if kind == "directory" else kind


def _triggers(hooks: Mapping[str, Iterable[str]], contents: Mapping[str, str], salt: str) -> dict[str, str]:
    return {name: salted("\n".join(sorted(_trigger_lines(paths, contents))), salt) for name, paths in hooks.items()}


def _trigger_lines(paths: Iterable[str], contents: Mapping[str, str]) -> Iterable[str]:
    for path in paths:
        for name, digest in contents.items():
            if name == path or name.startswith(f"{path}#"):
                yield f"{name} {digest}"
