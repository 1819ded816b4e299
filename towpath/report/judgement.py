"""What policies, the engine and the program said."""

import re
from collections.abc import Sequence

from towpath.report.missing import missing_entries
from towpath.report.section import Code, Entry, Section, counted, phrase
from towpath.report.stream import Message, Preview, Verdict

_LONGEST = 2000
"""Characters of one message; the rest is in the preview's own output."""
_TOLD = re.compile(
    r"images\.(mirror: \d[\d,]* of .+ at most|retention: \d+ manifests and \d+ tags go, .+)$"
    r"|namespace \S+ cannot be served: "
)
"""What stands in the sections of images and namespaces."""
_FAILED, _CALLING = "preview failed", "Preview failed: Exception calling application: "
_VALUE = re.compile(r"\A.*?(property \S+) value \{.*\} has a problem", re.DOTALL)
_LEVELS = {"mandatory": 0, "remediate": 1, "advisory": 2, "warning": 2}
_SEVERITIES = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def judgement_sections(preview: Preview) -> list[Section]:
    """Return errors, policy results and warnings."""
    verdicts = sorted(preview.verdicts, key=_weight)
    return [
        Section("Errors", [*_unfinished(preview), *_said(preview.messages, "error"), *missing_entries(preview)]),
        Section("Policies", [_verdict(each) for each in verdicts], _packs(preview)),
        Section("Warnings", _said(_untold(preview.messages), "warning")),
    ]


def notes_section(messages: Sequence[Message]) -> Section:
    """Return what the program and its providers said by the way, and no other section says."""
    return Section("Notes", _said(_untold(messages), "info"), folded=True)


def _unfinished(preview: Preview) -> list[Entry]:
    entries: list[Entry] = []
    if not preview.result:
        entries.append(("The preview broke off: what follows is not all.",))
    elif preview.result != "succeeded":
        entries.append(("The preview failed: what follows is not all.",))
    if preview.unread_lines:
        entries.append((f"{counted(preview.unread_lines, 'line')} of the stream could not be read.",))
    return entries


def _said(messages: Sequence[Message], severity: str) -> list[Entry]:
    chosen = [each for each in messages if each.severity.partition("#")[0] == severity]
    texts = [(each.urn, _without_wrapping(each.text)) for each in chosen]
    return [(*_about(urn), *phrase(cut(text))) for urn, text in texts if text != _FAILED or len(texts) == 1]


def _untold(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if not _TOLD.match(message.text)]


def _weight(verdict: Verdict) -> tuple[int, int, str, str]:
    level, severity = _LEVELS.get(verdict.level, 1), _SEVERITIES.get(verdict.severity, len(_SEVERITIES))
    return level, severity, verdict.policy, verdict.urn


def _verdict(verdict: Verdict) -> Entry:
    severity = f", severity {verdict.severity}" if verdict.severity else ""
    return (
        f"{verdict.level}{severity}: ",
        Code(verdict.policy),
        ": ",
        *_about(verdict.urn),
        *phrase(cut(verdict.text)),
    )


def _about(urn: str) -> Entry:
    name = urn.rpartition("::")[2]
    return (Code(name), ": ") if name else ()


def _packs(preview: Preview) -> str:
    """Name the packs that ran; one from a folder has the folder in its name, after a bar."""
    if not preview.packs:
        return ""
    ran = ", ".join(f"{name.partition('|')[0]} {version}".strip() for name, version in sorted(preview.packs.items()))
    return f"{ran} ran{'' if preview.verdicts else ', and had nothing to say'}."


def _without_wrapping(text: str) -> str:
    """Take out what the engine puts around a provider's words: what Python did, and all of a property's value."""
    return _VALUE.sub(r"\1 has a problem", text).removeprefix(_CALLING)


def cut(text: str) -> str:
    """Shorten a message, and say by how much."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… (and {len(text) - _LONGEST:,} characters more)"
