"""The report of a preview: its sections in order, and the line on top."""

from collections import Counter

from towpath.report.credentials import credential_sections, credentials_in_words
from towpath.report.deployment import deployment_section, rolls_out
from towpath.report.drift import drift_section
from towpath.report.images import image_sections, images_in_words
from towpath.report.judgement import judgement_sections, notes_section
from towpath.report.machines import machine_changes, restart_sections
from towpath.report.namespaces import gained_and_lost, namespace_section
from towpath.report.remainder import remainder_section
from towpath.report.section import Report, Section, counted
from towpath.report.servers import restarting_servers, server_section
from towpath.report.stream import Preview

_VERBS = (("create", "create"), ("update", "update"), ("replace", "replace"), ("delete", "delete"))


def compose(preview: Preview, title: str = "") -> Report:
    """Make the report. `title`: else it names the stack."""
    steps, messages = preview.steps, preview.messages
    errors, policies, warnings = judgement_sections(preview)
    runtimes, files = restart_sections(preview)
    rotations, certificates, values = credential_sections(steps)
    copies, deletions, collection = image_sections(steps, messages)
    sections: list[Section] = [
        *(errors, policies, runtimes, server_section(preview), deployment_section(steps), rotations, certificates),
        *(namespace_section(steps), deletions, copies, collection, drift_section(preview), warnings),
        *(files, values, notes_section(messages), remainder_section(preview)),
    ]
    shown = [section for section in sections if not section.is_empty]
    named = title or f"Preview of {preview.stack or 'a stack'}"
    return Report(named, summary_of(preview), shown, _verdict(preview).strip(), _parts(preview))


def summary_of(preview: Preview) -> str:
    """Return the one line that says whether there is anything to look at."""
    nothing = "nothing changes" if preview.result == "succeeded" else "no change up to there"
    said = "; ".join(_parts(preview)) or nothing
    return f"{_verdict(preview)}{said[0].upper()}{said[1:]}."


def _verdict(preview: Preview) -> str:
    mandatory = sum(verdict.level == "mandatory" for verdict in preview.verdicts)
    ended = "Broken off. " if not preview.result else "" if preview.result == "succeeded" else "Failed. "
    return f"{ended}{counted(mandatory, 'violation')} of mandatory policies. " if mandatory else ended


def _parts(preview: Preview) -> list[str]:
    ops = Counter(step.op for step in preview.steps if step.is_change)
    parts = [", ".join(f"{ops[op]:,} to {verb}" for op, verb in _VERBS if ops[op])]
    changes = [change for change in machine_changes(preview.steps) if not change.is_server]
    restarting = {change.node for change in changes if change.restarts}
    maybe = {change.node for change in changes if change.maybe} - restarting
    if restarting:
        more = f" and may on {len(maybe):,} more" if maybe else ""
        parts.append(f"runtimes restart on {counted(len(restarting), 'node')}{more}")
    elif maybe:
        parts.append(f"runtimes may restart on {counted(len(maybe), 'node')}")
    parts += _registry(preview)
    parts += credentials_in_words(preview.steps)
    parts += _namespaces(preview)
    parts += images_in_words(preview.steps, preview.messages)
    if drift := len(drift_section(preview).entries):
        parts.append(f"{counted(drift, 'place')} drifted")
    return [part for part in parts if part]


def _registry(preview: Preview) -> list[str]:
    sure, maybe = restarting_servers(preview.steps)
    rolls = rolls_out(preview.steps, preview.steps)
    parts = [(sure, "restarts", "restart"), (maybe, "may restart", "may restart")]
    said = [
        f"{counted(len(names), 'registry container')} {one if len(names) == 1 else many}"
        for names, one, many in parts
        if names
    ]
    may = "may roll out" if rolls is None else "rolls out"
    return [*said, *([] if rolls is False else [f"the registry {may} anew"])]


def _namespaces(preview: Preview) -> list[str]:
    sets = [step for step in preview.steps if step.is_change and step.is_of("cluster", "PullSecretSet")]
    pairs = [gained_and_lost(step) for step in sets]
    gained, lost = sum(len(pair[0]) for pair in pairs), sum(len(pair[1]) for pair in pairs)
    return [f"{counted(gained, 'namespace')} gained, {lost:,} lost"] if gained or lost else []
