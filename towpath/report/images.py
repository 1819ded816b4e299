"""Images that are copied and deleted, with bytes, and the garbage that is collected."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from towpath.images.collection.schedule import ALWAYS
from towpath.report.secrecy import UNKNOWN
from towpath.report.section import Code, Entry, Section, counted, phrase
from towpath.report.step import Step, word
from towpath.report.stream import Message

_FORECAST = re.compile(r"^images\.mirror: (?P<said>\d[\d,]* of .+, (?P<bytes>.+ at most))$")
_ROUNDED = re.compile(r"\(([^()]+)\)$")
_COUNT = re.compile(r"\d[\d,]*")
_DIGEST_CHARACTERS = 19


def image_sections(steps: Sequence[Step], messages: Sequence[Message]) -> list[Section]:
    """Return copies, deletions and collections."""
    changes = [step for step in steps if step.is_change]
    deletes = any(deleted(step) for step in _of(changes, "ImageDeletion"))
    return [
        _copies([step for step in changes if step.is_of("images", "ImageMirror")], messages),
        _deletions(_of(changes, "ImageDeletion")),
        Section(
            "Garbage collection", [_collection(step, deletes=deletes) for step in _of(changes, "GarbageCollection")]
        ),
    ]


def images_in_words(steps: Sequence[Step], messages: Sequence[Message]) -> list[str]:
    """Say in a few words what is copied, goes, and is swept, with bytes where they are known."""
    changes = [step for step in steps if step.is_change]
    copies = sum(len(copied(step)) for step in _of(changes, "ImageMirror"))
    deletions = sum(len(deleted(step)) for step in _of(changes, "ImageDeletion"))
    sent = [f" ({match['bytes']})" for message in messages if (match := _FORECAST.match(message.text))]
    freed = [f" ({short})" for step in _of(changes, "ImageDeletion") if (short := _short_bytes(step.after("total")))]
    parts = [f"{counted(copies, 'image')} copied{''.join(sent)}"] if copies else []
    parts += [f"{counted(deletions, 'image')} deleted{''.join(freed)}"] if deletions else []
    swept = any(is_due(step, deletes=bool(deletions)) for step in _of(changes, "GarbageCollection"))
    return [*parts, *(["garbage is collected"] if swept else [])]


def copied(step: Step) -> list[str]:
    """List the images that a mirror gets, moves or puts back."""
    lost = step.before("drift")
    return sorted({*step.differing("images"), *(name for name in lost if name in step.after("images"))})


def source_of(step: Step, name: str) -> str:
    """Say which registry an image of a mirror comes from: its host, an archive, or a Docker engine."""
    source = word(_record(step.after("images").get(name) or step.before("images").get(name)).get("from"))
    if source.startswith(("/", "./", "../")):
        return "archives"
    return "Docker engine" if source.startswith("docker-daemon:") else source.partition("/")[0]


def deleted(step: Step) -> list[tuple[str, Mapping[str, Any], int | None]]:
    """List what a deletion takes, the biggest first: name, record, bytes (None: the tag alone)."""
    plans = [{name: _record(each) for name, each in step.after(key).items()} for key in ("deletions", "untaggings")]
    manifests = [(name, record, _bytes(record)) for name, record in plans[0].items()]
    tags = [(name, record, None) for name, record in plans[1].items()]
    return [*sorted(manifests, key=lambda each: (-(each[2] or 0), each[0])), *sorted(tags, key=lambda each: each[0])]


def is_due(step: Step, *, deletes: bool) -> bool:
    """Whether a changed collection collects: always, or after a deletion, in this `up` or waiting for its time."""
    runs = step.new.get("deletions")
    if step.new.get("when") == ALWAYS or (runs == UNKNOWN and deletes):
        return True
    moved = runs != UNKNOWN and int(word(runs) or 0) != int(word(step.old.get("deletions")) or 0)
    return moved or (step.op == "update" and bool(step.old.get("deleted_at")))


def _copies(steps: Sequence[Step], messages: Sequence[Message]) -> Section:
    entries = [_copy(step, name) for step in steps for name in copied(step)]
    new = len(entries)
    entries += [
        (Code(name), ": is wanted no more, and left to retention")
        for step in steps
        for name in sorted(step.before("images"))
        if step.new.get("images") != UNKNOWN and name not in step.after("images")
    ]
    found = [match["said"] for message in messages if (match := _FORECAST.match(message.text))]
    said = f"{found[0]}." if found else f"{counted(new, 'image')}; the bytes are not known." if new else ""
    return Section("Images copied", entries, said, folded=True)


def _copy(step: Step, name: str) -> Entry:
    before, after = (_record(images.get(name)) for images in (step.before("images"), step.after("images")))
    where: Entry = (Code(name), " from ", Code(word(after.get("from"))))
    if before and before.get("digest") != after.get("digest"):
        return (*where, ": moves from ", Code(_short(before)), " to ", Code(_short(after)))
    if name in step.before("drift"):
        return (*where, f": is put back ({word(step.before('drift')[name])})")
    return (*where, ": " + ("its settings change" if before else "new"))


def _deletions(steps: Sequence[Step]) -> Section:
    entries: list[Entry] = [_deletion(*each) for step in steps for each in deleted(step)]
    totals = [total for step in steps if (total := step.after("total"))]
    said = [
        f"{counted(_whole(total.get('manifests')), 'manifest')} and {counted(_whole(total.get('tags')), 'tag')} go, "
        f"which frees {word(total.get('frees'))} once garbage is collected; biggest first."
        for total in totals
    ]
    return Section("Images deleted", entries, " ".join(said) if entries else "", folded=True)


def _deletion(name: str, record: Mapping[str, Any], size: int | None) -> Entry:
    tags = record.get("tags")
    tagged = f" ({', '.join(word(tag) for tag in tags)})" if isinstance(tags, list) and tags else ""
    frees = "the tag alone" if size is None else word(record.get("frees"))
    return (Code(name), f"{tagged}: {frees}; {'; '.join([*_nature(record), word(record.get('reason'))])}")


def _nature(record: Mapping[str, Any]) -> list[str]:
    """Say for which platforms an image is, and when it was made."""
    platforms, made = record.get("platforms"), word(record.get("created")).partition("T")[0]
    listed = ", ".join(word(each) for each in platforms) if isinstance(platforms, list) else ""
    return [part for part in (listed, made and f"made on {made}") if part]


def _collection(step: Step, *, deletes: bool) -> Entry:
    registry, expected = Code(word(step.new.get("registry")) or step.name), phrase(word(step.new.get("expected")))
    if is_due(step, deletes=deletes):
        return (registry, ": garbage is collected ", *expected)
    if step.op == "create":
        return (registry, ": set up; garbage is collected ", *expected)
    return (registry, ": other settings are taken down; nothing is collected")


def _bytes(record: Mapping[str, Any]) -> int:
    match = _COUNT.search(word(record.get("frees")))
    return int(match[0].replace(",", "")) if match else 0


def _short_bytes(total: Mapping[str, Any]) -> str:
    """Take the rounded figure out of `at most 1,604,002 bytes (1.6 MB)`."""
    frees = word(total.get("frees"))
    match = _ROUNDED.search(frees)
    return ("at most " if frees.startswith("at most") else "") + match[1] if match else frees


def _of(changes: Sequence[Step], kind: str) -> list[Step]:
    return [step for step in changes if step.is_of("images", kind) and step.op != "delete"]


def _short(record: Mapping[str, Any]) -> str:
    return word(record.get("digest"))[:_DIGEST_CHARACTERS]


def _record(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
