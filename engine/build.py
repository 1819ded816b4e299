"""Build the official Pulumi CLI from its Go module, once a user and version."""

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
from pathlib import Path
from typing import TextIO

from engine.catalog import PULUMI_VERSION
from engine.errors import BuildError
from engine.layout import Layout
from engine.toolchain import find_go

_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_FLAGS = (
    "-mod=readonly",
    "-trimpath",
    "-tags=osusergo,grpcnotrace",
    f"-ldflags=-s -w -X {_VERSION_SYMBOL}=v{PULUMI_VERSION}",
)
_PROGRESS_SECONDS = 5
_SHOWN_LINES = 12


def built_cli(layout: Layout) -> Path:
    """Return where the CLI of exactly this version, these dependencies and these flags is cached."""
    digest = hashlib.sha256()
    for part in (layout.cli_module / "go.mod", layout.cli_module / "go.sum"):
        digest.update(part.read_bytes())
    digest.update("\0".join(_FLAGS).encode())
    return layout.cache / f"pulumi-v{PULUMI_VERSION}-{digest.hexdigest()[:12]}" / "pulumi"


def ensure_cli(layout: Layout, progress: TextIO = sys.stderr) -> Path:
    """Return the built CLI; build it if the cache has none (4 to 5 minutes on two cores).

    Raises UnsupportedMachineError if Go is missing or too old, BuildError if the build fails.
    """
    cli = built_cli(layout)
    if cli.is_file():
        return cli
    go = find_go()
    cli.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(cli.parent / "lock", progress):
        if not cli.is_file():
            _build(layout, go, cli, progress)
    return cli


@contextmanager
def _only_one(lock: Path, progress: TextIO) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.write("engine: another checkout is building the Pulumi CLI; waiting for it\n")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(layout: Layout, go: str, cli: Path, progress: TextIO) -> None:
    log = cli.parent / "build.log"
    progress.write(f"engine: building the Pulumi CLI v{PULUMI_VERSION}, once; log: {log}\n")
    handle, fresh = tempfile.mkstemp(dir=cli.parent, prefix=".pulumi.")
    os.close(handle)
    started = time.monotonic()
    try:
        status = _run(_command(go, fresh), layout.cli_module, log, progress)
        if status != 0:
            last = "\n".join(f"  {line}" for line in _tail(log))
            raise BuildError(f"building the Pulumi CLI failed (go build: status {status}):\n{last}\nlog: {log}")
        Path(fresh).chmod(0o755)
        Path(fresh).replace(cli)
    finally:
        Path(fresh).unlink(missing_ok=True)
    progress.write(f"engine: built {cli} in {time.monotonic() - started:.0f} s\n")


def _command(go: str, output: str) -> list[str]:
    return [go, "build", "-v", *_FLAGS, "-o", output, _PACKAGE]


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
