"""`report`: a preview as a comment on a pull request, or as a page."""

import sys
from enum import StrEnum
from errno import ENOENT
from pathlib import Path
from typing import Annotated

import typer

from towpath.cli.connection import OptionsError
from towpath.doctor.pulumi import PulumiError, project_folder
from towpath.report.compose import compose
from towpath.report.markdown import SMALLEST, Host, to_markdown
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.stream import read_stream
from towpath.settings.files import reader

_STDIN = "-"


class ReportFormat(StrEnum):
    """What is printed."""

    MARKDOWN = "markdown"
    HTML = "html"


def report(
    stream: Annotated[str, typer.Argument(help="file with the preview's streaming JSON; - is standard input")] = _STDIN,
    how: Annotated[ReportFormat, typer.Option("--format", "-f", help="markdown or html")] = ReportFormat.MARKDOWN,
    host: Annotated[Host, typer.Option("--for", help="whose limit of a comment's size holds")] = Host.GITHUB,
    most: Annotated[int | None, typer.Option("--max-characters", min=SMALLEST, help="another limit")] = None,
    title: Annotated[str, typer.Option("--title", help="heading; names the stack by default")] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="write to this file")] = None,
) -> None:
    """Turn the streaming JSON of `pulumi preview` into Markdown for a pull request, or into a page; no secrets."""
    preview = read_stream(_read(stream), _project_file)
    made = compose(preview, title)
    if how is ReportFormat.HTML:
        text = to_page(made, picture_of(preview))
    else:
        text = to_markdown(made, most or host.limit_characters)
    if out is None:
        sys.stdout.write(text)
    else:
        _write(out, text)


def _read(stream: str) -> str:
    if stream == _STDIN:
        return sys.stdin.buffer.read().decode("utf-8", errors="replace")
    try:
        return Path(stream).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise OptionsError(f"{stream}: cannot be read ({error.strerror})") from None


def _project_file(path: str) -> str:
    """Read what the settings share, where this runs in the project's folder."""
    try:
        return reader(project_folder(Path.cwd()))(path)
    except PulumiError as error:
        raise FileNotFoundError(ENOENT, str(error)) from None


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionsError(f"--out {out}: cannot be written ({error.strerror})") from None
