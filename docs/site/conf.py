"""Sphinx settings of the documentation site: `make docs`.

The source folder is the whole repository, so that links between `docs/`, `lab/README.md` and the others are links of
the site too, and are checked. The pages are plain Markdown that GitHub shows as well: what the site needs besides,
its navigation, is added here while a page is read.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]

project = "Towpath"
html_title = "Towpath"
root_doc = "docs/index"

PARTS = {
    "Tutorial": ["docs/tutorial"],
    "How-to": [
        "docs/environments",
        "docs/nodes",
        "docs/registry-container",
        "docs/registry-deployment",
        "docs/accounts",
        "docs/pull-secrets",
        "docs/external-registries",
        "docs/images",
        "docs/operations",
        "docs/doctor",
        "docs/previews",
        "docs/policies",
        "docs/as-a-package",
    ],
    "Reference": [
        "docs/settings",
        "docs/commands",
        "docs/troubleshooting",
        "docs/by-hand",
        "lab/README",
        "lab/cluster/README",
        "engine/README",
        "CHANGELOG",
    ],
    "Explanation": ["docs/architecture", "docs/security", "docs/comparison", "docs/benchmarks", "docs/scale"],
}
# A page of docs/ without a place of its own above is a how-to, so that a new one cannot be forgotten.
NAMED = {root_doc, *(page for pages in PARTS.values() for page in pages)}
PARTS["How-to"] += sorted(page for path in (ROOT / "docs").glob("*.md") if (page := f"docs/{path.stem}") not in NAMED)
PLACED = {*NAMED, *PARTS["How-to"]}

extensions = ["myst_parser"]
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "docs/*.md",
    # What pages link to, without a place in the navigation.
    "bench/results/*.md",
    "bench/results/growth/*.md",
    "tests/lab/*.md",
    "lab/README.md",
    "lab/cluster/README.md",
    "engine/README.md",
]
exclude_patterns = [".*"]  # folders that are large, and hold nothing of ours
myst_heading_anchors = 4
nitpicky = True
# A report is part of a page on GitHub, and begins with its second level.
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
templates_path = ["."]
html_additional_pages = {"index": "redirect.html"}
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_domain_indices = False
html_use_index = False

_NAMED_BY_FILE = re.compile(r"\[[\w./-]+\.md\]\(")


def complete(_app: "Sphinx", page: str, content: list[str]) -> None:
    """Give the landing page the navigation; `content` is a list of one text, changed in place.

    Links that have a file's name as their text get the title of the page.
    """
    content[0] = _NAMED_BY_FILE.sub("[](", content[0])
    if page not in PLACED:
        content[0] = f"---\norphan: true\n---\n{content[0]}"
    if page != root_doc:
        return
    for caption, pages in PARTS.items():
        entries = "\n".join(f"/{each}" for each in pages)
        content[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"


def setup(app: "Sphinx") -> None:
    """Connect what Sphinx calls while it builds."""
    app.connect("source-read", complete)
