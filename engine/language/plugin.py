"""Run what the engine cannot start by itself: policy packs and plugins that are Python projects."""

import os
import queue
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import grpc
from pulumi.runtime.proto import language_pb2

from engine.language.children import Children
from engine.language.interpreter import Interpreter

Message = tuple[str, bytes | int]


def plugin_command(interpreter: Interpreter, folder: Path, arguments: list[str]) -> list[str]:
    """Return how to start the plugin in `folder`: its `__main__.py`, or the package that its pyproject.toml names."""
    python = [str(interpreter.executable), "-u"]
    if (folder / "__main__.py").is_file():
        return [*python, str(folder), *arguments]
    return [*python, "-m", "pulumi.run.plugin", _package_name(folder), *arguments]


def _package_name(folder: Path) -> str:
    try:
        with (folder / "pyproject.toml").open("rb") as stream:
            return str(tomllib.load(stream)["project"]["name"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return folder.name


def plugin_environment(interpreter: Interpreter, variables: list[str]) -> dict[str, str]:
    """Return our environment, overridden by the request's `NAME=value` entries, inside the virtual environment."""
    given = dict(entry.split("=", 1) for entry in variables if "=" in entry)
    return interpreter.environment({**os.environ, **given})


class PluginProcess:
    """A running plugin whose output arrives as messages: ("stdout" | "stderr", bytes), last ("exitcode", int)."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], children: Children) -> None:
        self._children = children
        self._messages: queue.Queue[Message] = queue.Queue()
        # A standard input that stays open while we live: plugins of ours end when it does.
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        children.add(self._process)
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr))
        ]
        for reader in self._readers:
            reader.start()
        threading.Thread(target=self._await_end, daemon=True).start()

    def messages(self) -> Iterator[Message]:
        """Yield all messages; ends after the exit code."""
        while True:
            message = self._messages.get()
            yield message
            if message[0] == "exitcode":
                return

    def kill(self) -> None:
        """End the process now; does nothing if it has ended."""
        self._process.kill()

    def _read(self, name: str, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 65536):
            self._messages.put((name, chunk))

    def _await_end(self) -> None:
        for reader in self._readers:
            reader.join()
        status = self._process.wait()
        self._children.discard(self._process)
        self._messages.put(("exitcode", status))


def run_plugin(
    interpreter: Interpreter,
    request: language_pb2.RunPluginRequest,
    context: grpc.ServicerContext,
    children: Children,
) -> Iterator[language_pb2.RunPluginResponse]:
    """Yield output as it comes, then the exit code; the process ends when the call is cancelled."""
    folder = Path(request.info.program_directory)
    environment = plugin_environment(interpreter, list(request.env))
    if request.kind == "analyzer":
        from engine.language.policy import PolicyProxy  # noqa: PLC0415 - few runs have a policy pack

        process: PluginProcess | PolicyProxy = PolicyProxy(
            interpreter, folder, environment, list(request.args), children
        )
    else:
        command = plugin_command(interpreter, folder, list(request.args))
        process = PluginProcess(command, Path(request.pwd or folder), environment, children)
    context.add_callback(process.kill)
    for name, value in process.messages():
        answer = language_pb2.RunPluginResponse()
        setattr(answer, name, value)
        yield answer
