"""How far long work is, on stderr, and only where a person sits before it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from towpath.images import walk


class Report(Protocol):
    """What long work tells: bytes done, of so many."""

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Take the new state."""


@contextmanager
def walking(what: str) -> Iterator[walk.OnProgress]:
    """Show a walk's counts."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=_console(), transient=True) as shown:
        task = shown.add_task(what)

        def told(state: walk.Progress) -> None:
            counts = f"{state.repositories} repositories, {state.tags} tags, {state.manifests} manifests"
            shown.update(task, description=f"{what}: {counts}")

        yield told


@contextmanager
def copying(what: str) -> Iterator[Report]:
    """Show bytes, speed and a bar."""
    if not sys.stderr.isatty():
        yield lambda done_bytes, total_bytes: None  # noqa: ARG005  # the protocol's names
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=_console(), transient=True) as shown:
        task = shown.add_task(what, total=None)

        def told(done_bytes: int, total_bytes: int) -> None:
            shown.update(task, completed=done_bytes, total=total_bytes)

        yield told


def _console() -> Console:
    return Console(stderr=True)
