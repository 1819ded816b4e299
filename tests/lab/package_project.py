"""One of the examples, as a stranger with the package has it, with a stack for a node of the lab."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.languages import install_languages
from engine.layout import Layout
from tests.engine.strangers import settle
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import engine_environment

PASSWORD = "from-a-secret-of-the-stack"
STACK = "test"
_SECONDS = 900
_UNREACHABLE = re.compile(r"npm error code (E40[13]|E5\d\d|ENOTFOUND|ETIMEDOUT|ECONN\w+|EAI_AGAIN)")
# As the CLI is built, so that what both use is compiled once on a machine.
_GO = {"GOFLAGS": "-mod=readonly -trimpath -tags=osusergo,grpcnotrace", "GOWORK": "off", "GOTOOLCHAIN": "local"}


@dataclass(frozen=True)
class PackageProject:
    """The example's folder; `program` is what starts it in place of the CLI: it takes a stack and a command."""

    folder: Path
    environment: dict[str, str]
    program: tuple[str, ...] = ()

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command to its end; fails the test unless it succeeded. Returns both streams."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def pulumi(self, *arguments: str, stdin: str = "") -> str:
        """Run the CLI."""
        return self.run("pulumi", *arguments, "--non-interactive", "--color=never", stdin=stdin)

    def up(self) -> str:
        """Make it so."""
        return self._own("up") if self.program else self.pulumi("up", "--yes")

    def preview(self) -> str:
        """Fail the test if an `up` would change anything."""
        return self._own("preview") if self.program else self.pulumi("preview", "--expect-no-changes")

    def destroy(self) -> str:
        """Take it back."""
        return self._own("destroy") if self.program else self.pulumi("destroy", "--yes", "--skip-preview")

    def _own(self, command: str) -> str:
        return self.run(*self.program, STACK, command)


def installed_package(lab: LabAccess, folder: Path) -> dict[str, str]:
    """Put examples and package below `folder`; returns the environment with a backend of its own there.

    The virtual environment is active, as the dynamic resources of a program that starts the engine itself want it.
    """
    environment = engine_environment(folder / "state", lab.env)
    python = settle(folder / "examples")
    return {**environment, "PATH": f"{python.parent}{os.pathsep}{environment['PATH']}"}


def package_project(
    lab: LabAccess, folder: Path, environment: dict[str, str], language: str, port: int
) -> PackageProject:
    """Make the example of a language ready to run, with a stack for node-1."""
    project = PackageProject(folder / "examples" / language, environment, _PREPARE[language](folder, environment))
    project.pulumi("stack", "init", STACK)
    for key, value in {
        "address": lab.nodes["node-1"],
        "private_key_file": str(lab.key),
        "known_hosts_file": str(lab.known_hosts),
        "port": str(port),
    }.items():
        project.pulumi("config", "set", key, value)
    project.pulumi("config", "set", "--secret", "password", stdin=PASSWORD)
    return project


def _yaml(_folder: Path, _environment: dict[str, str]) -> tuple[str, ...]:
    install_languages(Layout(), ["yaml"])
    return ()


def _go(folder: Path, environment: dict[str, str]) -> tuple[str, ...]:
    tools = PackageProject(folder / "examples" / "go", environment)
    _sdk(tools, "go")
    program, variables = str(folder / "inline"), {**os.environ, **_GO, "CGO_ENABLED": "0"}
    (tools.folder / "sdk" / "go" / "go.mod").write_text("module example.com/pulumi-towpath/sdk/go\n\ngo 1.22\n")
    build = PackageProject(tools.folder, variables)
    build.run("go", "build", "-o", program, "./inline")
    build.run("go", "build", ".", "./inline")  # the program for Pulumi's own host: two, so nothing is linked or kept
    return (program,)


def _typescript(folder: Path, environment: dict[str, str]) -> tuple[str, ...]:
    tools = PackageProject(folder / "examples" / "typescript", environment)
    _sdk(tools, "nodejs")
    npm = PackageProject(tools.folder, dict(os.environ))
    try:
        npm.run("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts")
    except AssertionError as error:
        if found := _UNREACHABLE.search(str(error)):
            pytest.skip(f"the npm registry does not give packages: {found[0]}")
        raise
    npm.run("npx", "tsc")
    return ("node", "inline.js")


def _sdk(project: PackageProject, language: str) -> None:
    install_languages(Layout(), [language])
    project.pulumi("package", "gen-sdk", "../provider", "--language", language, "--out", "sdk")


_PREPARE = {"go": _go, "typescript": _typescript, "yaml": _yaml}
