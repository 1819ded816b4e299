"""What the Pulumi CLI knows of stacks: where they are kept, which there are, what one holds."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from towpath.delivery.errors import DeliveryError
from towpath.doctor import pulumi
from towpath.doctor.redaction import redacted

_QUIET = ("--non-interactive", "--color=never")


@dataclass(frozen=True)
class StackSummary:
    """A stack in the backend. `last_update` is None, and `resources` 0, where nothing was deployed yet."""

    name: str
    last_update: dt.datetime | None
    resources: int
    in_progress: bool


def backend_url(project: Path) -> str:
    """Return the backend's URL as the CLI chooses it, a login in it left out. Raises DeliveryError and PulumiError."""
    return redacted(str(_object(project, ["whoami", "--verbose", "--json"]).get("url") or ""), ())


def stacks(project: Path) -> list[StackSummary]:
    """Return the project's stacks. Source of the format: `pulumi stack ls --json`.

    Raises DeliveryError and PulumiError.
    """
    listed = _json(project, ["stack", "ls", "--json"])
    if not isinstance(listed, list):
        raise DeliveryError("`pulumi stack ls --json` printed no list; check the CLI's version")
    return [_summary(each) for each in listed]


def configuration(project: Path, stack: str) -> dict[str, Any]:
    """Return every entry of a stack's configuration, secrets in plain text. Raises DeliveryError and PulumiError."""
    return _object(project, ["config", "--json", "--show-secrets", "--stack", stack])


def state(project: Path, stack: str) -> dict[str, Any]:
    """Return a stack's deployment, secrets in plain text. Raises DeliveryError and PulumiError."""
    return _object(project, ["stack", "export", "--show-secrets", "--stack", stack])


def create(project: Path, stack: str) -> None:
    """Make a stack in the backend. Raises PulumiError."""
    _ask(project, ["stack", "init", "--no-select", stack])


def _summary(entry: dict[str, Any]) -> StackSummary:
    said = entry.get("lastUpdate")
    updated = dt.datetime.fromisoformat(str(said)) if said else None
    return StackSummary(
        str(entry["name"]), updated, int(entry.get("resourceCount") or 0), bool(entry.get("updateInProgress"))
    )


def _object(project: Path, arguments: Sequence[str]) -> dict[str, Any]:
    document = _json(project, arguments)
    if not isinstance(document, dict):
        raise DeliveryError(f"`pulumi {arguments[0]}` printed no JSON object; check the CLI's version")
    return document


def _json(project: Path, arguments: Sequence[str]) -> Any:  # noqa: ANN401 a JSON value
    try:
        return json.loads(_ask(project, arguments))
    except ValueError:
        raise DeliveryError(f"`pulumi {arguments[0]}` printed no JSON; check the CLI's version") from None


def _ask(project: Path, arguments: Sequence[str]) -> str:
    return pulumi.answer(project, [*arguments, *_QUIET], f"`pulumi {' '.join(arguments)}`")
