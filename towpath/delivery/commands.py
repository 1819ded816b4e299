"""The command lines of the Pulumi CLI, one a step."""

from collections.abc import Sequence
from pathlib import Path

_QUIET = ("--non-interactive", "--suppress-progress")


DEBUG_COMMANDS = {"PULUMI_DEBUG_COMMANDS": "1"}
"""The environment in which the CLI has `--event-log`."""


def preview(stack: str, save_plan: Path | None = None, events: Path | None = None) -> list[str]:
    """Show what an `up` would change; save it as a plan that the `up` can be held to, and as events for a report."""
    plan = [f"--save-plan={save_plan}"] if save_plan else []
    log = [f"--event-log={events}"] if events else []
    return ["pulumi", "preview", "--stack", stack, "--diff", *_QUIET, *plan, *log]


def looking_for_drift(preview: list[str], *, run_program: bool) -> list[str]:
    """Let a preview ask the machines what differs from the state, too."""
    return [*preview, "--refresh", *_with_program(run_program)]


def up(stack: str, plan: Path | None = None) -> list[str]:
    """Make it so; with a plan, nothing but what is in it. Its own preview stays: checks and deletions go by it."""
    return ["pulumi", "up", "--stack", stack, "--yes", *_QUIET, *([f"--plan={plan}"] if plan else [])]


def drift(stack: str, *, run_program: bool) -> list[str]:
    """Compare machines, registry and cluster with the state, and change neither."""
    looking = ["--preview-only", "--expect-no-changes", *_with_program(run_program)]
    return ["pulumi", "refresh", "--stack", stack, "--diff", *_QUIET, *looking]


def destroy(stack: str, *, run_program: bool) -> list[str]:
    """Take everything back. `--remove` would delete the stack's settings file as well."""
    return ["pulumi", "destroy", "--stack", stack, "--yes", "--skip-preview", *_QUIET, *_with_program(run_program)]


def recover(recovery: Sequence[str], stack: str, *, run_program: bool) -> list[str]:
    """Free a stack that a killed run left, by the command `recovery`, which gets the stack's name."""
    return [*recovery, "--stack", stack, *_with_program(run_program)]


def remove(stack: str) -> list[str]:
    """Remove a stack that holds nothing from the backend, and leave its settings file."""
    return ["pulumi", "stack", "rm", stack, "--yes", "--preserve-config", "--non-interactive"]


def _with_program(run_program: bool) -> list[str]:
    return ["--run-program"] if run_program else []
