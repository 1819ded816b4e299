"""Running a program to its end, with its words kept for the error message."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from lab.errors import CommandError

LAST_LINES = 6


def run(
    argv: Sequence[str | Path],
    *,
    stdin: bytes | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
) -> bytes:
    """Run a program and return its standard output.

    `env` is added to this process's environment. With `log`, what the program says on standard error is appended to
    that file. Raises CommandError, with the program's last lines and the log, if it is missing or fails.
    """
    words = [str(part) for part in argv]
    environment = {**os.environ, **(env or {})}
    try:
        if isinstance(stdin, bytes):
            done = subprocess.run(words, input=stdin, capture_output=True, env=environment, cwd=cwd, check=False)
        else:
            source = subprocess.DEVNULL if stdin is None else stdin
            done = subprocess.run(words, stdin=source, capture_output=True, env=environment, cwd=cwd, check=False)
    except FileNotFoundError as error:
        message = f"{Path(argv[0]).name} is not on this machine ({error.filename})"
        raise CommandError(message) from error
    if log is not None:
        _append(log, done.stderr)
    if done.returncode != 0:
        raise CommandError(_explain(argv, done, log))
    return done.stdout


def _append(log: Path, text: bytes) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        file.write(text)


def _explain(argv: Sequence[str | Path], done: subprocess.CompletedProcess[bytes], log: Path | None) -> str:
    lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-LAST_LINES:]
    said = "; ".join(line.strip() for line in lines if line.strip()) or "it said nothing"
    name = " ".join([Path(argv[0]).name, *(str(part) for part in argv[1:2])])
    where = f"; all of it is in {log}" if log is not None else ""
    return f"`{name}` failed with status {done.returncode}: {said}{where}"
