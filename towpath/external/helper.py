"""Run a command that gives a login."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import PurePath

from towpath.external.answers import Answered, read_answer
from towpath.external.errors import ExternalLoginError
from towpath.external.presets import Answer, config_key

_SHOWN_CHARACTERS = 400
_SECRET_LIKE = re.compile(r"[A-Za-z0-9+/=_.~-]{20,}")
_WORD = re.compile(r"[a-z]+([_.-][a-z]+)*|[A-Z]?[a-z]+([A-Z][a-z]+)*")
_AFTER_A_NAME = re.compile(r"(?i)\b(password|secret|token|authorization|bearer|basic)(\"?\s*[:= ]\s*)(\"[^\"]*\"|\S+)")


def run_helper(
    host: str, command: Sequence[str], answer: Answer, username: str | None, timeout_seconds: int
) -> Answered:
    """Run it here, in the program's environment, and read what it printed.

    A docker-helper is given `get` and the registry's key of Docker's config.json on its standard input. Raises
    ExternalLoginError with the setting's key, the exit code and the redacted standard error.
    """
    helper = answer == "docker-helper"
    arguments = [*command, *(["get"] if helper else [])]
    key, program = f"towpath:external_registries.{host}.command", PurePath(command[0]).name
    try:
        code, out, error = _run(arguments, config_key(host) if helper else "", timeout_seconds)
    except subprocess.TimeoutExpired:
        raise ExternalLoginError(
            f"{key}: {program} did not end within {timeout_seconds} s and was killed; see what it waits for, or raise "
            "timeout_seconds"
        ) from None
    except (OSError, ValueError) as failure:
        why = failure.strerror if isinstance(failure, OSError) and failure.strerror else "its arguments cannot be given"
        raise ExternalLoginError(
            f"{key}: {program} cannot be run where Pulumi runs ({why}); install it there, or give its whole path"
        ) from None
    if code != 0:
        said = redacted(error) or "nothing"
        raise ExternalLoginError(f"{key}: {program} ended with {code}; it said: {said}")
    try:
        return read_answer(out.decode(), answer, username)
    except UnicodeDecodeError:
        raise ExternalLoginError(f"{key}: {program} printed something else than text") from None
    except ExternalLoginError as failure:
        raise ExternalLoginError(f"{key}: {program} {failure}") from None


def redacted(error: bytes) -> str:
    """Return the end of a program's standard error on one line, without anything that could be a token.

    A text of 20 characters and more that is no chain of words counts as one, and so does what follows words such as
    `password:`.
    """
    text = " ".join(error.decode(errors="replace").split())
    text = _AFTER_A_NAME.sub(r"\1\2[redacted]", text)
    text = _SECRET_LIKE.sub(lambda found: found[0] if _WORD.fullmatch(found[0]) else "[redacted]", text)
    return text if len(text) <= _SHOWN_CHARACTERS else "…" + text[-_SHOWN_CHARACTERS:]


def _run(arguments: Sequence[str], given: str, timeout_seconds: int) -> tuple[int, bytes, bytes]:
    """Run in a session of its own, so that a time-out ends its children too."""
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, error = process.communicate(given.encode(), timeout_seconds)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return process.returncode, out, error
