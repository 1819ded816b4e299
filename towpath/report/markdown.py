"""A report as a comment of GitHub or GitLab, within their limits.

Limits: 65,536 characters a comment (GitHub), 1,000,000 (GitLab, docs.gitlab.com/administration/instance_limits).
Characters count as UTF-16 does, which is never less than what either counts.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from towpath.report.section import Code, Entry, Report, Section, counted

SMALLEST = 16_000
"""Below this, what is always shown might not fit, were every character of it escaped."""
_LINE_CHARACTERS = 600
"""Most of a title or a line that is always shown."""
_SPECIAL = re.compile(r"[\\`*_\[\]|~#]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}


class Host(StrEnum):
    """Whose comment it becomes."""

    GITHUB = "github"
    GITLAB = "gitlab"

    @property
    def limit_characters(self) -> int:
        """How long a comment may be."""
        return 65_536 if self is Host.GITHUB else 1_000_000


def characters(text: str) -> int:
    """Count as UTF-16 does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_markdown(report: Report, limit: int = Host.GITHUB.limit_characters) -> str:
    """Render within `limit` characters, at least SMALLEST: whole entries are cut, and each section says how many."""
    head = f"## {_line(report.title)}\n\n**{_line(report.summary)}**\n"
    frames = [characters(_section(section, [], len(section.entries))) for section in report.sections]
    room = limit - characters(head) - sum(frames)
    parts = [head]
    for section in report.sections:
        lines: list[str] = []
        for entry in section.entries:
            line = f"- {_entry(entry)}\n"
            # The first that does not fit ends its section, so that what is shown is what comes first.
            if characters(line) > room:
                break
            room -= characters(line)
            lines.append(line)
        parts.append(_section(section, lines, len(section.entries) - len(lines)))
    return "".join(parts)


def _section(section: Section, lines: Sequence[str], left_out: int) -> str:
    title, count = _line(section.title), len(section.entries)
    said = f"{_line(section.said)}\n" if section.said else ""
    cut = f"\n*{counted(left_out, 'entry', 'entries')} left out, to fit in a comment.*\n" if left_out else ""
    body = "\n".join(part for part in (said, "".join(lines) + cut) if part)
    if not section.folded:
        return f"\n### {title}\n\n{body}"
    numbered = f"{title} ({count:,})" if count else title
    return f"\n<details><summary>{numbered}</summary>\n\n{body}\n</details>\n"


def _line(text: str) -> str:
    """Write one line of bounded length."""
    flat = " ".join(text.split())
    return _escaped(flat if len(flat) <= _LINE_CHARACTERS else f"{flat[:_LINE_CHARACTERS]}…")


def _entry(entry: Entry) -> str:
    return "".join(_code(piece) if isinstance(piece, Code) else _prose(piece) for piece in entry)


def _prose(text: str) -> str:
    return "<br>".join(_escaped(line) for line in text.splitlines()) if text.strip() else text


def _escaped(text: str) -> str:
    marked = "".join(_ENTITIES.get(character, character) for character in text)
    # What is an entity keeps its own number sign.
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", marked).replace("&\\#64;", "&#64;")


def _code(text: str) -> str:
    """Write a name so that nothing in it is markup."""
    flat = " ".join(text.replace("`", "'").split())
    return f"`{flat}`" if flat else ""
