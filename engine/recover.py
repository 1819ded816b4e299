"""Free a stack that a killed run left behind: its lock, and the operations that were under way.

Only where that is certain: the lock's owner ran on this very host and is gone. `pulumi cancel` would delete every lock
of the stack, so that one taken in between would be lost; here just the dead one goes.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import RecoveryError
from engine.lock import Lock, read_locks
from engine.project import Project, read_project
from engine.state import backend_folder, has_pending_operations

_SHOWN_LINES = 20


def recover(folder: Path, stack: str, environment: Mapping[str, str], *, run_program: bool = False) -> Iterator[str]:
    """Free `stack` of the project in `folder`; yields a line for each thing done, nothing if all is well.

    `run_program` lets the project's program run in the refresh, for stacks whose cluster only it can reach.
    `environment` must let plain `pulumi` reach the stack (backend, passphrase). Backends other than `file://` are left
    alone. Raises RecoveryError if someone else holds the stack or the clean-up fails, ProjectError for a bad project.
    """
    project = read_project(folder)
    backend = backend_folder(_backend_url(project, environment), folder)
    if backend is None:
        return
    stack = stack.rpartition("/")[2]
    try:
        locks = read_locks(backend, project.name, stack)
    except (OSError, ValueError) as error:
        raise RecoveryError(f"the locks of stack {stack} cannot be read: {error}") from error
    alive = [lock for lock in locks if not lock.is_dead()]
    if alive:
        raise RecoveryError(_held(stack, alive))
    for lock in locks:
        lock.remove()
        yield f"removed the lock of stack {stack} left by {lock.owner}, which is gone"
    if _is_cut_off(backend, project.name, stack):
        yield f"stack {stack} has operations that were cut off: refreshing it and dropping pending creates"
        _refresh(folder, stack, environment, run_program=run_program)
        yield f"stack {stack} is refreshed; the next up converges"


def _backend_url(project: Project, environment: Mapping[str, str]) -> str:
    """Return the backend in the engine's own order: variable, Pulumi.yaml, the last login."""
    return environment.get("PULUMI_BACKEND_URL") or project.backend_url or _login(environment)


def _login(environment: Mapping[str, str]) -> str:
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return str(json.loads((home / "credentials.json").read_text()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _held(stack: str, locks: list[Lock]) -> str:
    owners = ", ".join(lock.owner for lock in locks)
    return (
        f"stack {stack} is locked by {owners}: wait for it to end. If it is gone for certain, run "
        f"`pulumi cancel --yes -s {stack}` and then `pulumi refresh --clear-pending-creates -s {stack}`"
    )


def _is_cut_off(backend: Path, project: str, stack: str) -> bool:
    try:
        return has_pending_operations(backend, project, stack)
    except (OSError, ValueError) as error:
        raise RecoveryError(f"the state of stack {stack} in {backend} cannot be read: {error}") from error


def _refresh(folder: Path, stack: str, environment: Mapping[str, str], *, run_program: bool) -> None:
    options = ["--yes", "--skip-preview", "--clear-pending-creates", "--non-interactive", "--color=never"]
    if run_program:
        options.append("--run-program")
    command = ["pulumi", "refresh", "--stack", stack, *options]
    try:
        done = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    except OSError as error:
        raise RecoveryError(
            f"`pulumi` cannot be started ({error.strerror}): is the engine on PATH? See `python -m engine env`"
        ) from error
    if done.returncode != 0:
        last = "\n".join(f"  {line}" for line in (done.stdout + done.stderr).splitlines()[-_SHOWN_LINES:])
        raise RecoveryError(f"`{' '.join(command)}` failed with status {done.returncode}:\n{last}")
