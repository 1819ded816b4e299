"""A report as one page that asks nobody for anything: no scripts, no fonts, no images from elsewhere."""

from html import escape

from towpath.report.picture import Picture
from towpath.report.picture_shapes import Box, Lane
from towpath.report.section import Code, Entry, Report, Section
from towpath.report.style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TONES = {
    "Errors": "bad",
    **dict.fromkeys(("Policies", "Runtimes that restart", "Registry and caches", "Drift", "Warnings"), "warn"),
}


def to_page(report: Report, picture: Picture) -> str:
    """Render all of it; only the picture leaves out what is too many to be seen."""
    title = escape(report.title)
    verdict = f'<p class="verdict">{escape(report.verdict)}</p>\n' if report.verdict else ""
    parts = "".join(f"<li>{escape(part)}</li>" for part in report.parts) or f"<li>{escape(report.summary)}</li>"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n{verdict}<ul class="parts">{parts}</ul>\n{_picture(picture)}'
        f"<main>\n{''.join(_section(section) for section in report.sections)}</main>\n"
        "<footer>A preview changes nothing. Secrets were taken out before this page was made.</footer>\n"
        "</body>\n</html>\n"
    )


def _picture(picture: Picture) -> str:
    if picture.is_empty:
        return ""
    last = len(picture.lanes) - 1
    drawn = [_lane(lane, is_last=number == last) for number, lane in enumerate(picture.lanes)]
    return f'<figure aria-label="The stack">\n<div class="lanes">\n{"".join(drawn)}</div>\n</figure>\n'


def _lane(lane: Lane, *, is_last: bool) -> str:
    small = " small" if not any(box.lines for box in lane.boxes) else ""
    boxes = [
        f"{_group(box.group, before.group if before else '')}{_box(box)}"
        for box, before in zip(lane.boxes, (None, *lane.boxes), strict=False)
    ]
    more = f'<p class="more">and {lane.more:,} more</p>' if lane.more else ""
    way = "" if is_last else f'<div class="way"><span>{escape(lane.leads)}</span><i></i></div>\n'
    return f'<div class="lane{small}"><h3>{escape(lane.title)}</h3>\n{"".join(boxes)}{more}</div>\n{way}'


def _group(group: str, before: str) -> str:
    return f'<p class="group">{escape(group)}</p>' if group and group != before else ""


def _box(box: Box) -> str:
    lines = "".join(f"<span>{escape(line)}</span>" for line in box.lines)
    head = f'<div class="head"><b>{escape(box.title)}</b><em>{box.state}</em></div>'
    return f'<div class="box {box.state.name.lower()}">{head}{lines}</div>\n'


def _section(section: Section) -> str:
    said = f"<p>{escape(section.said)}</p>\n" if section.said else ""
    items = "".join(f"<li>{_entry(entry)}</li>\n" for entry in section.entries)
    body = f"{said}<ul>\n{items}</ul>\n" if items else said
    title = escape(section.title)
    if section.folded:
        count = f" <small>{len(section.entries):,}</small>" if section.entries else ""
        return f"<details><summary>{title}{count}</summary>\n{body}</details>\n"
    return f'<section class="part {_TONES.get(section.title, "")}"><h2>{title}</h2>\n{body}</section>\n'


def _entry(entry: Entry) -> str:
    return "".join(f"<code>{escape(piece)}</code>" if isinstance(piece, Code) else _prose(piece) for piece in entry)


def _prose(text: str) -> str:
    return escape(text).replace("\n", "<br>")
