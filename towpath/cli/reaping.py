"""The `reap` command."""

import datetime as dt
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from towpath.doctor.pulumi import project_folder
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from towpath.delivery.reaping import Verdict


class OpenNumbersError(TowpathError):
    """The list of open pull requests is none."""


class LifetimeError(TowpathError):
    """The lifetime of stacks is no time."""


def reap(
    opened: Annotated[
        str | None,
        typer.Option("--open", help="numbers of the open pull requests, '12 15'; left out: time alone decides"),
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=1, help="lifetime of a stack, from its last update")] = 72,
    template: Annotated[Path, typer.Option("--from", help="settings of a stack whose file is not here")] = Path(
        "stacks/ephemeral.yaml"
    ),
    recovery: Annotated[str, typer.Option(help="as in destroy")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="destroy and remove them; left out: only list")] = False,
) -> None:
    """List the stacks of pull requests (`pr-NUMBER`) whose pull request is gone or whose time is up; destroy them.

    Ends with 1 if one could not be destroyed; the others are destroyed all the same, unless this is told to stop.
    """
    from towpath.delivery import backend, reaping  # noqa: PLC0415 the other commands do without

    project = project_folder(Path.cwd())
    numbers, lifetime = _numbers(opened), _lifetime(hours)

    def judged() -> list["Verdict"]:
        return reaping.judge(backend.stacks(project), numbers, dt.datetime.now(dt.UTC), lifetime)

    verdicts = judged()
    for verdict in verdicts:
        _say(f"{verdict.stack}: {'goes' if verdict.goes else 'stays'}, {verdict.reason}\n")
    gone = [verdict.stack for verdict in verdicts if verdict.goes]
    _say(f"{len(gone)} of {len(verdicts)} stacks of pull requests {'go' if yes else 'would go; --yes destroys them'}\n")
    if yes:

        def destroyed(stack: str) -> bool:
            try:
                return _stays(stack, judged()) or _destroyed(project, stack, project / template, recovery)
            except TowpathError as error:
                _say(f"towpath: {stack}: {error}\n")
                return False

        _destroy(gone, destroyed)


def _destroy(stacks: Sequence[str], destroyed: Callable[[str], bool]) -> None:
    with _hearing() as told_to_stop:
        failed = [stack for stack in stacks if told_to_stop or not destroyed(stack)]
    if failed:
        why = "this was told to stop" if told_to_stop else "what stands above says why"
        _say(f"towpath: not destroyed: {', '.join(failed)}; {why}\n")
        raise typer.Exit(1)


@contextmanager
def _hearing() -> Iterator[list[int]]:
    """Note an interrupt, so that the stack at hand is brought to its end and no other is begun."""
    heard: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stays(stack: str, verdicts: Sequence["Verdict"]) -> bool:
    """Tell whether it stays after all: it may have been brought up anew while those before it were destroyed."""
    staying = [verdict for verdict in verdicts if verdict.stack == stack and not verdict.goes]
    for verdict in staying:
        _say(f"{stack}: stays after all, {verdict.reason}\n")
    return bool(staying)


def _destroyed(project: Path, stack: str, template: Path, recovery: str) -> bool:
    from towpath.delivery import stack_files  # noqa: PLC0415 as above
    from towpath.delivery.delivery import Delivery  # noqa: PLC0415 as above

    if not stack_files.file_of(project, stack).is_file():
        stack_files.write_from(project, stack, template)
    return Delivery(project, stack, _say, shlex.split(recovery)).destroy(remove=True) == 0


def _lifetime(hours: float) -> dt.timedelta:
    try:
        return dt.timedelta(hours=hours)
    except (ValueError, OverflowError):
        raise LifetimeError(f"--hours {hours}: write a number of hours, e.g. 72; nothing was done") from None


def _numbers(text: str | None) -> frozenset[int] | None:
    if text is None:
        return None
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() for word in words):
        raise OpenNumbersError(f"--open {text!r}: write the numbers of pull requests, e.g. '12 15'; nothing was done")
    return frozenset(map(int, words))


def _say(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
