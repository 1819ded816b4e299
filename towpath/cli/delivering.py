"""The commands that bring a stack to its machines and back: `preview`, `deploy`, `drift`, `destroy`.

They end with the exit status of the Pulumi CLI.
"""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from towpath.cli.connection import OptionsError
from towpath.doctor.pulumi import project_folder

StackOption = Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack")]
RecoveryOption = Annotated[
    str, typer.Option("--recovery", help="the command that frees a stack which a killed run left; gets --stack NAME")
]
OutputOption = Annotated[Path | None, typer.Option("--output", help="write what is shown into this file as well")]


def preview(
    stack: StackOption = "",
    save_plan: Annotated[Path | None, typer.Option(help="save the plan, for deploy --plan")] = None,
    events: Annotated[Path | None, typer.Option(help="write the engine's events into this file, for report")] = None,
    look: Annotated[bool, typer.Option("--drift", help="ask the machines, too, what differs from the state")] = False,
    output: OutputOption = None,
) -> None:
    """Show what a deployment would change; change nothing."""
    from towpath.delivery.delivery import Delivery  # noqa: PLC0415 models and all, which the other commands do without

    def step(write: Callable[[str], object]) -> int:
        delivery = Delivery(_project(), stack, write)
        return delivery.preview(_absolute(save_plan), _absolute(events), drift=look)

    _end(output, step)


def deploy(
    stack: StackOption = "",
    plan: Annotated[Path | None, typer.Option(help="do nothing but what this plan says; preview saves it")] = None,
    create: Annotated[bool, typer.Option("--create", help="make the stack in the backend if it is not there")] = False,
    recovery: RecoveryOption = "",
    output: OutputOption = None,
) -> None:
    """Make the stack as its settings say."""
    from towpath.delivery.delivery import Delivery  # noqa: PLC0415 as above

    def step(write: Callable[[str], object]) -> int:
        return Delivery(_project(), stack, write, shlex.split(recovery)).deploy(_absolute(plan), create=create)

    _end(output, step)


def drift(stack: StackOption = "", output: OutputOption = None) -> None:
    """Show what differs from the state; change nothing. Ends with 0 only if nothing does."""
    from towpath.delivery.delivery import Delivery  # noqa: PLC0415 as above

    _end(output, lambda write: Delivery(_project(), stack, write).drift())


def destroy(
    stack: StackOption = "",
    confirm: Annotated[str, typer.Option(help="the stack's name again, if it is protected")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="take the empty stack out of the backend too")] = False,
    recovery: RecoveryOption = "",
    output: OutputOption = None,
) -> None:
    """Take back everything that the stack made. Its settings file stays."""
    from towpath.delivery.delivery import Delivery  # noqa: PLC0415 as above

    def step(write: Callable[[str], object]) -> int:
        return Delivery(_project(), stack, write, shlex.split(recovery)).destroy(confirm, remove=remove)

    _end(output, step)


def _project() -> Path:
    return project_folder(Path.cwd())


def _absolute(path: Path | None) -> Path | None:
    # The CLI runs in the project's folder, while people stand where they stand.
    return path.absolute() if path else None


def _end(output: Path | None, step: Callable[[Callable[[str], object]], int]) -> None:
    if output is None:
        raise typer.Exit(step(_show))
    try:
        file = output.open("w", encoding="utf-8")
    except OSError as error:
        raise OptionsError(f"--output {output}: cannot be written ({error.strerror})") from None
    with file:

        def show(line: str) -> None:
            _show(line)
            file.write(line)

        status = step(show)
    raise typer.Exit(status)


def _show(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
