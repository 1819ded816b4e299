"""Build programs of Pulumi from their Go modules, once a user and version."""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from engine.catalog import PULUMI_VERSION
from engine.errors import BuildError
from engine.layout import Layout
from engine.toolchain import find_go

_VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_FLAGS = (
    "-mod=readonly",
    "-trimpath",
    "-tags=osusergo,grpcnotrace",
    f"-ldflags=-s -w -X {_VERSION_SYMBOL}=v{PULUMI_VERSION}",
)
_PROGRESS_SECONDS = 5
_SHOWN_LINES = 12


@dataclass(frozen=True)
class GoProgram:
    """A program, and the Go module that pins it and its dependencies.

    `package` is what `go build` takes in the folder `module`; `name` and `version` are for people and the cache.
    """

    name: str
    version: str
    module: Path
    package: str
    title: str


def pulumi_cli(layout: Layout) -> GoProgram:
    """Return the CLI, which takes 4 to 5 minutes on two cores to build."""
    package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    return GoProgram("pulumi", PULUMI_VERSION, layout.cli_module, package, f"the Pulumi CLI v{PULUMI_VERSION}")


def built(program: GoProgram, layout: Layout) -> Path:
    """Return where the program of exactly this version, these dependencies, sources and flags is cached."""
    digest = hashlib.sha256()
    for part in (program.module / "go.mod", program.module / "go.sum", *sorted(program.module.glob("*.go"))):
        digest.update(part.read_bytes())
    digest.update("\0".join(_FLAGS).encode())
    return layout.cache / f"{program.name}-v{program.version}-{digest.hexdigest()[:12]}" / program.name


def ensure(program: GoProgram, layout: Layout, progress: TextIO = sys.stderr) -> Path:
    """Return the built program; build it if the cache has none.

    Raises UnsupportedMachineError if Go is missing or too old, BuildError if the build fails.
    """
    executable = built(program, layout)
    if executable.is_file():
        return executable
    go = find_go()
    executable.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(program, executable.parent / "lock", progress):
        if not executable.is_file():
            _build(program, go, executable, progress)
    return executable


@contextmanager
def _only_one(program: GoProgram, lock: Path, progress: TextIO) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.write(f"engine: another checkout is building {program.title}; waiting for it\n")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(program: GoProgram, go: str, executable: Path, progress: TextIO) -> None:
    log = executable.parent / "build.log"
    progress.write(f"engine: building {program.title}, once; log: {log}\n")
    handle, fresh = tempfile.mkstemp(dir=executable.parent, prefix=f".{program.name}.")
    os.close(handle)
    started = time.monotonic()
    try:
        status = _run(_command(go, program, fresh), program.module, log, progress)
        if status != 0:
            last = "\n".join(f"  {line}" for line in _tail(log))
            raise BuildError(f"building {program.title} failed (go build: status {status}):\n{last}\nlog: {log}")
        Path(fresh).chmod(0o755)
        Path(fresh).replace(executable)
    finally:
        Path(fresh).unlink(missing_ok=True)
    progress.write(f"engine: built {executable} in {time.monotonic() - started:.0f} s\n")


def _command(go: str, program: GoProgram, output: str) -> list[str]:
    return [go, "build", "-v", *_FLAGS, "-o", output, program.package]


def _run(command: list[str], folder: Path, log: Path, progress: TextIO) -> int:
    """Run `command` with its output in `log`; say every few seconds how far it is."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    started = time.monotonic()
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        while True:
            try:
                return process.wait(_PROGRESS_SECONDS)
            except subprocess.TimeoutExpired:
                lines = log.read_text(errors="replace").splitlines()
                last = lines[-1] if lines else "reading its dependencies"
                progress.write(f"engine: {time.monotonic() - started:4.0f} s, {len(lines):4} packages, {last}\n")
                progress.flush()


def _tail(log: Path) -> list[str]:
    with log.open(errors="replace") as stream:
        return [line.rstrip("\n") for line in deque(stream, _SHOWN_LINES)]
