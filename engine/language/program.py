"""Run a program: one child process of the project's interpreter a run."""

import json
import os
import subprocess
from pathlib import Path

from pulumi.runtime.proto import language_pb2

from engine.language.children import Children
from engine.language.executor import EXIT_INTERRUPTED, EXIT_SHOWN
from engine.language.interpreter import Interpreter

_EXECUTOR = Path(__file__).with_name("executor.py")
# The organization of a stack whose backend has none, as the SDK's own default.
_NO_ORGANIZATION = "organization"


def settings_line(request: language_pb2.RunRequest, engine_address: str) -> bytes:
    """Return what the executor reads first: one JSON object in one line.

    Keys: project, stack, organization, root_directory, program_directory, entry_point, arguments, monitor_address,
    engine_address, parallel, dry_run, config (key → text), config_secret_keys.
    """
    settings = {
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization or _NO_ORGANIZATION,
        "root_directory": request.info.root_directory,
        "program_directory": request.info.program_directory,
        "entry_point": request.info.entry_point or ".",
        "arguments": list(request.args),
        "monitor_address": request.monitor_address,
        "engine_address": engine_address,
        "parallel": request.parallel,
        "dry_run": request.dryRun,
        "config": dict(request.config),
        "config_secret_keys": list(request.configSecretKeys),
    }
    return json.dumps(settings).encode() + b"\n"


def run_program(
    interpreter: Interpreter, request: language_pb2.RunRequest, engine_address: str, children: Children
) -> int:
    """Run to the end with our own output streams; returns the exit status (negative: killed by that signal)."""
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [interpreter.executable, "-u", _EXECUTOR, str(reading)],
            cwd=request.pwd or request.info.program_directory,
            env=interpreter.environment(os.environ),
            stdin=subprocess.DEVNULL,
            pass_fds=[reading],
        )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    children.add(process)
    # The writing end stays open until the program has ended: its end is what tells the program that we are gone.
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        _write(pipe.fileno(), settings_line(request, engine_address))
        status = process.wait()
    children.discard(process)
    return status


def _write(pipe: int, line: bytes) -> None:
    """Write all of `line`; a program that ends before it has read everything is not an error here."""
    try:
        while line:
            line = line[os.write(pipe, line) :]
    except BrokenPipeError:
        return


def outcome(status: int) -> tuple[str, bool]:
    """Return (error, bail) of the engine's RunResponse for an exit status of the program.

    `bail` means that the user has been told already.
    """
    if status == 0:
        return "", False
    if status in {EXIT_SHOWN, EXIT_INTERRUPTED, -2}:
        return "", True
    if status < 0:
        return f"Program was killed by signal {-status}", False
    return f"Program exited with non-zero exit code: {status}", False
