"""Ask the Pulumi CLI for a stack's configuration and outputs; the project is found as the CLI finds it."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from towpath.doctor.redaction import redacted
from towpath.errors import TowpathError

_SHOWN_CHARACTERS = 500
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


class PulumiError(TowpathError):
    """The CLI is not there, or does not answer. Holds what it said on stderr, and no value of a setting or output."""


def project_folder(start: Path) -> Path:
    """Return the folder that holds the project file, `start` or one above it. Raises PulumiError."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in _PROJECT_FILES):
            return folder
    raise PulumiError(f"there is no Pulumi.yaml in {start} or above it; run this in the project's folder")


def answer(project: Path | None, arguments: Sequence[str], asked: str = "") -> str:
    """Return what `pulumi ARGUMENTS` prints in a project, or where we stand. Raises PulumiError.

    `asked`: how an error names the command.
    """
    try:
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=project,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise PulumiError('pulumi is not on PATH; install it, or run eval "$(make -s env)"') from None
    except OSError as error:
        raise PulumiError(f"pulumi cannot be started ({error.strerror})") from None
    if done.returncode:
        # A login is in the URL of some backends, e.g. postgres://user:password@host.
        said = redacted(" ".join(done.stderr.split()), ())[-_SHOWN_CHARACTERS:]
        command = asked or f"`pulumi {' '.join(arguments)}`"
        raise PulumiError(f"{command} failed: {said}")
    return done.stdout


def raw_configuration(project: Path, stack: str) -> dict[str, str]:
    """Return every key of the configuration with its text, secrets decrypted, as a program of the stack gets it."""
    return texts(_document(project, "config", stack))


def texts(entries: dict[str, Any]) -> dict[str, str]:
    """Return the text of each entry.

    Source of the format: `pulumi config --json`; each key has `value`, and beside it `objectValue` if it is an object.
    """
    return {key: str(entry["value"]) for key, entry in entries.items() if isinstance(entry, dict) and "value" in entry}


def outputs(project: Path, stack: str) -> str:
    """Return the outputs as the CLI prints them, secrets in plain text; `{}` before the first `pulumi up`."""
    return json.dumps(_document(project, "stack output", stack))


def _document(project: Path, verb: str, stack: str) -> dict[str, Any]:
    words = [*verb.split(), "--json", "--show-secrets", "--non-interactive", "--stack", stack]
    printed = answer(project, words, f"stack {stack}: `pulumi {verb}`")
    try:
        document = json.loads(printed)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise PulumiError(f"stack {stack}: `pulumi {verb} --json` printed no JSON object; check the CLI's version")
    return document
