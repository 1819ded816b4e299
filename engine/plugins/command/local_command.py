"""`command:local:Command`: a command on the machine that runs the engine."""

import os
import signal
from typing import Any

from engine.plugins.command import environment, output_files
from engine.plugins.command.errors import CommandFailedError, CommandNotStartedError
from engine.plugins.command.inputs import LOCAL_COMMAND
from engine.plugins.command.lifecycle import CommandResource, failure_text, outputs_of, redactor, transcript
from engine.plugins.command.local_process import LocalRun, run
from engine.plugins.resource import Call
from engine.plugins.values import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SIGNATURE_KEY, Properties, Value, reveal

DEFAULT_INTERPRETER = ("/bin/sh", "-c")


class LocalCommand(CommandResource):
    """Runs in the project's folder, or in `dir`, with the engine's environment and the variables set here."""

    token = "command:local:Command"  # noqa: S105 - a type token
    known = LOCAL_COMMAND

    def run(self, call: Call, command: str, values: Properties, previous: Properties) -> Properties:
        """Run the command in a process group of its own; collect its output and the files asked for."""
        redact = redactor(values, previous, [])
        said = transcript(call, values, redact)
        spec = _spec(call, command, reveal(values), reveal(previous))
        try:
            code = run(spec, said, self.runtime.groups)
        except CommandNotStartedError as error:
            raise CommandNotStartedError(failure_text(redact(str(error)), command, said, redact)) from error
        if code != 0:
            raise CommandFailedError(failure_text(_status(code), command, said, redact))
        return {**outputs_of(said), **_files(spec.directory, reveal(values))}


def _spec(call: Call, command: str, values: dict[str, Any], previous: dict[str, Any]) -> LocalRun:
    handed_on = environment.previous_output(
        previous.get("stdout") or "",
        previous.get("stderr") or "",
        wanted=values.get("addPreviousOutputInEnv") is not False,
    )
    for name in environment.too_long(handed_on):
        call.log(f"{name} is not set: the previous output is longer than a variable can be", "warning")
        del handed_on[name]
    return LocalRun(
        argv=[*(values.get("interpreter") or DEFAULT_INTERPRETER), command],
        directory=values.get("dir") or str(os.getcwd()),  # noqa: PTH109 - the engine starts plugins in the project's folder
        environment={**os.environ, **(values.get("environment") or {}), **handed_on},
        stdin=values.get("stdin") or "",
        timeout_seconds=call.timeout_seconds,
    )


def _status(code: int) -> str:
    """How the command ended, in the words of Go's `os.ProcessState`."""
    if code >= 0:
        return f"exit status {code}"
    return f"signal: {(signal.strsignal(-code) or str(-code)).lower()}"


def _files(directory: str, values: dict[str, Any]) -> Properties:
    outputs: Properties = {}
    if values.get("assetPaths") is not None:
        outputs["assets"] = _assets(directory, values["assetPaths"])
    if values.get("archivePaths") is not None:
        outputs["archive"] = {SIGNATURE_KEY: ARCHIVE_SIGNATURE, "assets": _assets(directory, values["archivePaths"])}
    return outputs


def _assets(directory: str, rules: list[str]) -> dict[str, Value]:
    return {
        path: {SIGNATURE_KEY: ASSET_SIGNATURE, "hash": file.sha256, "path": file.path}
        for path, file in output_files.find(directory, rules).items()
    }
