"""`images plan`: what the retention policies of a stack would delete, for a person to read and for `up` to keep to."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from towpath.cli.connection import OptionsError
from towpath.cli.output import Format
from towpath.cli.progress import walking
from towpath.cli.stack_context import StackContext, stack_context
from towpath.images.deletion.question import mirrored_images, question_of
from towpath.images.deletion.step import bytes_in_words
from towpath.images.deletion.survey import Findings, Question, cautions, look, plan
from towpath.images.mirror.search import MirrorSearch
from towpath.images.retention.plan import Plan, to_json
from towpath.settings.files import reader

_WIDE = 1000


def plan_deletion(
    stack: Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack")],
    out: Annotated[
        Path | None, typer.Option("--out", help="write the plan for images.review_file: `up` keeps to what is in it")
    ] = None,
    how: Annotated[Format, typer.Option("--format", "-f", help="table or json")] = Format.TABLE,
) -> None:
    """Show what images.retention would delete now, and why; nothing is changed."""
    if how not in (Format.TABLE, Format.JSON):
        raise OptionsError("a plan is printed as table or as json")
    made = _plan(stack_context(stack))
    if out is not None:
        _write(out, to_json(made))
    if how is Format.JSON:
        sys.stdout.write(to_json(made))
    else:
        _print(made)


def _plan(context: StackContext) -> Plan:
    access = context.access
    settings, read = context.settings, reader(context.project)
    question = question_of(context.name, settings, context.outputs, context.connections, read)
    if question is None:
        raise OptionsError(f"stack {context.name} deletes nothing: set images.retention")
    search = MirrorSearch(settings, context.project) if settings.images.mirror else None
    found = asyncio.run(_look(question, access.registry))
    made = plan(question, found, mirrored_images(search.result() if search else ()))
    for caution in cautions(found, made, question.retention):
        sys.stderr.write(f"images.retention: {caution}\n")
    return made


async def _look(question: Question, registry: str) -> Findings:
    with walking(f"Reading {registry}") as progress:
        return await look(question, progress)


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionsError(f"--out {out}: cannot be written ({error.strerror})") from None


def _print(made: Plan) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Image", "Tags", "Platforms", "Created", "Frees", "Reason"):
        table.add_column(column, no_wrap=True)
    for deletion in made.deletions:
        table.add_row(
            f"{deletion.repository}@{deletion.digest}",
            " ".join(deletion.tags),
            " ".join(deletion.platforms),
            f"{deletion.created:%Y-%m-%d}" if deletion.created else "",
            bytes_in_words(deletion.freed_bytes),
            deletion.reason,
        )
    for tag in made.untaggings:
        table.add_row(f"{tag.repository}:{tag.tag}", tag.tag, "", "", "the tag alone", tag.reason)
    console = Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False)
    if not made.empty:
        console.print(table)
    for held in made.held:
        console.print(f"stays: {held.repository}: {held.what}: {held.reason}")
    freed = bytes_in_words(made.freed_bytes, exact=made.exact)
    console.print(f"{len(made.deletions)} manifests and {len(made.untaggings)} tags would go, which frees {freed}")
