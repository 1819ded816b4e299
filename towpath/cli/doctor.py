"""The `doctor` command."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from towpath.cli import stack_output
from towpath.doctor import pulumi
from towpath.doctor.finding import Row, State
from towpath.doctor.subject import Subject
from towpath.errors import TowpathError
from towpath.machines.connections import connections
from towpath.registry_client.credentials import Credentials
from towpath.settings import load_settings
from towpath.settings.files import reader

_COULD_NOT_RUN = 2
_WIDE = 1000
_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red", State.SKIPPED: "dim"}


def doctor(
    stack: Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack")],
    node: Annotated[list[str] | None, typer.Option("--node", help="only this node; may be given again")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
    timeout_seconds: Annotated[float, typer.Option("--timeout", min=1, help="seconds a node may take")] = 60,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=256, help="nodes at once")] = 16,
) -> None:
    """Check a stack's machines and registry, from here and from inside each node; change nothing.

    Ends with 0 if nothing failed, 1 if something did, 2 if the checks could not be made.
    """
    try:
        rows = _examine(stack, node or [], timeout_seconds, concurrency)
    except TowpathError as error:
        sys.stderr.write(f"towpath: {error}\n")
        raise typer.Exit(_COULD_NOT_RUN) from None
    _print_json(stack, rows) if as_json else _print_table(rows)
    if any(row.finding.state is State.FAIL for row in rows):
        raise typer.Exit(1)


def _examine(stack: str, wanted: Sequence[str], timeout_seconds: float, concurrency: int) -> list[Row]:
    # The SSH library takes a third of a second to import, which no other command needs.
    from towpath.doctor.examination import Bounds, chosen_nodes, examine  # noqa: PLC0415

    project = pulumi.project_folder(Path.cwd())
    subject = _subject(project, stack)
    nodes = chosen_nodes(subject, wanted)
    reachable = connections(subject.settings.nodes, reader(project))
    with _progress() as on_progress:
        return asyncio.run(examine(subject, reachable, nodes, Bounds(concurrency, timeout_seconds), on_progress))


def _subject(project: Path, stack: str) -> Subject:
    settings = load_settings(pulumi.raw_configuration(project, stack), reader(project))
    printed = pulumi.outputs(project, stack)
    if "registry" not in json.loads(printed):
        return Subject(stack, settings)
    outputs = stack_output.parse(printed, stack)
    accounts = {
        name: Credentials(each.username, each.password.get_secret_value()) for name, each in outputs.credentials.items()
    }
    return Subject(stack, settings, outputs.endpoint, accounts)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda done, total: None  # noqa: ARG005
        return
    with console.status("Looking at the registry") as shown:
        yield lambda done, total: shown.update(f"Looking at nodes: {done} of {total} done")


def _print_table(rows: Sequence[Row]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Node", "Check", "State", "Found", "What to do"):
        table.add_column(column, overflow="fold")
    for row in rows:
        finding = row.finding
        state = Text(finding.state.value, style=_STYLES[finding.state])
        table.add_row(row.node, finding.check, state, finding.found, finding.way_out)
    console = Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False)
    console.print(table)
    console.print(_summary(rows))


def _print_json(stack: str, rows: Sequence[Row]) -> None:
    checks = [
        {
            "node": row.node,
            "check": row.finding.check,
            "state": row.finding.state.value,
            "found": row.finding.found,
            "way_out": row.finding.way_out,
        }
        for row in rows
    ]
    json.dump({"stack": stack, "counts": _counts(rows), "checks": checks}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    counted = Counter(row.finding.state for row in rows)
    return {state.value: counted[state] for state in State}


def _summary(rows: Sequence[Row]) -> str:
    return ", ".join(f"{number} {state}" for state, number in _counts(rows).items())
