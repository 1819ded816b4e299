"""A report as one page that asks nobody for anything: no scripts, no fonts, no images from elsewhere."""

from html import escape

from towpath.report.section import Code, Entry, Report, Section

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --paper: #fff; --line: #c6d0da; --soft: #f1f4f7;
  --changes: #dcebfb; --restarts: #fbe3c0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --paper: #14191f; --line: #3b4754; --soft: #1e252d;
  --changes: #163a5c; --restarts: #5c3d0b; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2, summary { font-size: 1.1rem; font-weight: 600; margin: 1.5rem 0 .5rem; }
summary { cursor: pointer; } code { background: var(--soft); padding: .1em .3em; border-radius: .25em; }
.summary { font-weight: 600; border-left: .3rem solid var(--line); padding: .4rem .8rem; background: var(--soft); }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; } svg text { fill: var(--ink); }
svg .name { font-weight: 600; font-size: 15px; } svg rect { fill: var(--soft); stroke: var(--line); }
svg .changes rect { fill: var(--changes); } svg .restarts rect { fill: var(--restarts); }
svg .way { stroke: var(--line); stroke-width: 2; fill: none; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_page(report: Report, picture: str) -> str:
    """Render all of it, nothing cut. `picture`: an `<svg>` of `towpath.report.picture`."""
    title = escape(report.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<p class="summary">{escape(report.summary)}</p>\n<figure>{picture}</figure>\n'
        f"{''.join(_section(section) for section in report.sections)}</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    said = f"<p>{escape(section.said)}</p>\n" if section.said else ""
    items = "".join(f"<li>{_entry(entry)}</li>\n" for entry in section.entries)
    body = f"{said}<ul>\n{items}</ul>\n" if items else said
    title = escape(section.title)
    if section.folded:
        return f"<details><summary>{title} ({len(section.entries):,})</summary>\n{body}</details>\n"
    return f"<section><h2>{title}</h2>\n{body}</section>\n"


def _entry(entry: Entry) -> str:
    return "".join(f"<code>{escape(piece)}</code>" if isinstance(piece, Code) else _prose(piece) for piece in entry)


def _prose(text: str) -> str:
    return escape(text).replace("\n", "<br>")
