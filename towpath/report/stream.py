"""The engine's events of a preview, read.

Format: one JSON object a line, `apitype.EngineEvent` (sdk/go/common/apitype/events.go of Pulumi 3.259), as
`PULUMI_ENABLE_STREAMING_JSON_PREVIEW=1 pulumi preview --json` prints them and `--event-log` writes them. Each has one
of `preludeEvent`, `resourcePreEvent`, `resOutputsEvent`, `diagnosticEvent`, `policyEvent`, `policyRemediationEvent`,
`errorEvent`, `summaryEvent` and others that are of no interest here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.report.errors import StreamError
from towpath.report.secrecy import without_secrets
from towpath.report.step import Step
from towpath.report.told_settings import ToldSettings, told_settings
from towpath.settings.files import ReadFile

_HOW = "make it by `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=1 pulumi preview --json`"


@dataclass(frozen=True)
class Message:
    """What was said: `severity` is info, info#err, warning or error."""

    severity: str
    text: str
    urn: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a policy said; `level` is advisory, mandatory, remediate; `severity` low to critical, or empty."""

    policy: str
    pack: str
    level: str
    text: str
    urn: str = ""
    severity: str = ""


@dataclass
class Preview:
    """All of a preview that a report is made of. Holds no secrets."""

    steps: list[Step] = field(default_factory=list)
    drifted: list[Step] = field(default_factory=list)
    """What a refresh found otherwise: `old` is what the state had, `new` what was found."""
    messages: list[Message] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    packs: Mapping[str, str] = field(default_factory=dict)
    """Policy packs that ran, with their versions."""
    settings: ToldSettings = field(default_factory=ToldSettings)
    result: str = ""
    """`succeeded` or `failed`; empty where the stream broke off."""
    seconds: int = 0
    unread_lines: int = 0
    stack: str = ""
    """The stack's name, as the resources' names have it; empty where there was none."""


def read_stream(text: str, read: ReadFile | None = None) -> Preview:
    """Read a stream, whole or broken off; `read` reads a file that settings name, relative to the project.

    Raises StreamError where there is no event in it.
    """
    events, unread = [], 0
    for line in filter(str.strip, text.split("\n")):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict) and any(key.endswith("Event") for key in event):
            events.append(event)
        else:
            unread += 1
    if not events:
        raise StreamError(_what_else(text))
    preview = Preview(unread_lines=unread)
    reading = _Reading(preview, read)
    for event in without_secrets(events):
        reading.take(event)
    # The engine works on many resources at once; their order differs from run to run.
    preview.steps.sort(key=lambda step: step.urn)
    preview.drifted.sort(key=lambda step: step.urn)
    return preview


def _what_else(text: str) -> str:
    if not text.strip():
        return f"there is no preview to report: the stream is empty; {_HOW}"
    if '"steps"' in text or '"changeSummary"' in text:
        return f"this is the summary of plain `--json`, which lacks policies and nodes' changes; {_HOW}"
    return f"this is no preview: no line of it is an event of the engine; {_HOW}"


class _Reading:
    def __init__(self, preview: Preview, read: ReadFile | None) -> None:
        self._preview = preview
        self._read = read
        self._refreshed: set[str] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        for key, value in event.items():
            if isinstance(value, dict) and (reader := _READERS.get(key)):
                reader(self, value)

    def prelude(self, value: Mapping[str, Any]) -> None:
        config = value.get("config")
        self._preview.settings = told_settings(config if isinstance(config, dict) else {}, self._read)

    def planned(self, value: Mapping[str, Any]) -> None:
        step = _step(value)
        if step is None or _is_the_engines_own(step):
            return
        self._preview.stack = step.urn.removeprefix("urn:pulumi:").partition("::")[0]
        if step.op == "refresh":
            self._refreshed.add(step.urn)
        else:
            self._preview.steps.append(step)

    def done(self, value: Mapping[str, Any]) -> None:
        step = _step(value, wanted="outputs")
        if step is None or step.urn not in self._refreshed:
            return
        self._refreshed.remove(step.urn)
        if _has_drifted(step):
            self._preview.drifted.append(step)

    def message(self, value: Mapping[str, Any]) -> None:
        severity, text = str(value.get("severity", "")), str(value.get("message", "")).strip()
        if severity != "debug" and not value.get("ephemeral") and text:
            self._add(Message(severity, text, str(value.get("urn") or "")))

    def error(self, value: Mapping[str, Any]) -> None:
        if text := str(value.get("error") or value.get("message") or "").strip():
            self._add(Message("error", text))

    def verdict(self, value: Mapping[str, Any]) -> None:
        self._judge(value, str(value.get("enforcementLevel") or "not given"), str(value.get("message", "")).strip())

    def remediation(self, value: Mapping[str, Any]) -> None:
        self._judge(value, "remediate", "changes the resource")

    def summary(self, value: Mapping[str, Any]) -> None:
        self._preview.result = str(value.get("result") or "succeeded")
        self._preview.seconds = int(value.get("durationSeconds") or 0)
        packs = value.get("PolicyPacks")
        self._preview.packs = packs if isinstance(packs, dict) else {}

    def _add(self, message: Message) -> None:
        if message not in self._preview.messages:
            self._preview.messages.append(message)

    def _judge(self, value: Mapping[str, Any], level: str, text: str) -> None:
        named = [str(value.get(key) or "") for key in ("policyName", "policyPackName", "resourceUrn")]
        verdict = Verdict(named[0], named[1], level, text, named[2], str(value.get("severity") or ""))
        if verdict not in self._preview.verdicts:
            self._preview.verdicts.append(verdict)


_READERS = {
    "preludeEvent": _Reading.prelude,
    "resourcePreEvent": _Reading.planned,
    "resOutputsEvent": _Reading.done,
    "diagnosticEvent": _Reading.message,
    "errorEvent": _Reading.error,
    "policyEvent": _Reading.verdict,
    "policyRemediationEvent": _Reading.remediation,
    "summaryEvent": _Reading.summary,
}


def _step(value: Mapping[str, Any], wanted: str = "inputs") -> Step | None:
    """Read a step. `wanted`: inputs, which are sure in a preview; of a refresh the outputs are what was found."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("urn"), str):
        return None
    old, new = (each if isinstance(each, dict) else {} for each in (metadata.get("old"), metadata.get("new")))
    state = {**_part(old, "inputs"), **_part(old, "outputs")}
    return Step(str(metadata.get("op", "")), metadata["urn"], state, _part(new, wanted), is_gone=not new)


def _is_the_engines_own(step: Step) -> bool:
    """Whether it is a provider that the engine made by itself; only a log of events has them."""
    return step.type.startswith("pulumi:providers:") and step.name.startswith("default")


def _part(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = state.get(key)
    return value if isinstance(value, dict) else {}


def _has_drifted(step: Step) -> bool:
    return step.is_gone or any(step.old.get(key) != value for key, value in step.new.items())
