"""The Docker command line against one daemon, with client settings of the lab's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab.command import run
from lab.errors import CommandError


@dataclass(frozen=True)
class Docker:
    """One daemon, by its socket; the user's own Docker settings and contexts are never read."""

    program: Path
    socket: Path
    config: Path

    def __call__(
        self, *args: str, stdin: bytes | IO[bytes] | None = None, log: Path | None = None, cwd: Path | None = None
    ) -> str:
        """Run `docker ARGS` and return what it prints, without the last newline. Raises CommandError."""
        output = run([self.program, *args], stdin=stdin, env=self.environment(), log=log, cwd=cwd)
        return output.decode(errors="replace").rstrip("\n")

    def environment(self) -> Mapping[str, str]:
        """Return the variables that steer the client to this daemon."""
        return {
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_CONFIG": str(self.config),
            "DOCKER_CONTEXT": "",
            "DOCKER_BUILDKIT": "0",
            "DOCKER_TLS_VERIFY": "",
            "DOCKER_CLI_HINTS": "false",
        }

    def answers(self) -> bool:
        """Whether the daemon answers now."""
        try:
            self("version", "--format", "{{.Server.Version}}")
        except CommandError:
            return False
        return True

    def inspect(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return the daemon's document about a container, image or network; None where there is none."""
        try:
            found: list[dict[str, Any]] = json.loads(self(kind, "inspect", name))
        except CommandError as error:
            if "no such" in str(error).lower():
                return None
            raise
        return found[0]

    def names(self, *args: str) -> list[str]:
        """Return the lines that a listing command prints."""
        return [line for line in self(*args).splitlines() if line]
