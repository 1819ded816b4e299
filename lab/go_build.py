"""Building a static Go program from one of the lab's own modules, whose go.sum pins every source."""

from pathlib import Path

from lab.command import run


def build(module: Path, package: str, target: Path, log: Path, *, ldflags: str = "", arch: str = "") -> None:
    """Build `package` of the module into `target`; `arch` is Go's name of another architecture. Raises CommandError."""
    env = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    if arch:
        env["GOARCH"] = arch
    flags = f"-s -w {ldflags}".strip()
    argv: list[str | Path] = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, package]
    run(argv, env=env, cwd=module, log=log)
