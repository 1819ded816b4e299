"""Who copies: what a contender can do, and Towpath with and without the engine."""

import os
import sys
from pathlib import Path
from typing import Protocol

from bench.images_copying.ends import Ends
from bench.pulumi_project import PulumiProject, run

PROGRAM = "bench/images_copying/program/__main__.py"


class Contender(Protocol):
    """Copies every image. `copy` and `again` are timed; what comes before and after is not."""

    name: str

    def prepare(self, ends: Ends) -> None:
        """Get ready for these registries, without asking them."""

    def copy(self) -> None:
        """Copy into a registry that has none of the images."""

    def again(self) -> None:
        """Do the same once more."""

    def forget(self) -> None:
        """Forget the registries, which are about to go."""


class TowpathUp:
    """`pulumi up` of a stack that has these images."""

    name = "towpath"

    def __init__(self, folder: Path) -> None:
        """Make the project in a folder that has the sources."""
        self._folder = folder
        self._project = PulumiProject(folder, PROGRAM)

    def prepare(self, ends: Ends) -> None:
        """Write both ends down."""
        ends.write(self._folder)

    def copy(self) -> None:
        """Bring the stack up."""
        self._project.up()

    def again(self) -> None:
        """Bring it up again: every image is looked for at its source, and compared with the state."""
        self._project.up("--expect-no-changes")

    def refreshed(self) -> None:
        """Look for every image in the target as well."""
        self._project.up("--refresh", "--expect-no-changes")

    def forget(self) -> None:
        """Destroy the stack."""
        self._project.destroy()

    def version(self) -> str:
        """Return the engine's version."""
        return self._project.version()


class TowpathCopier:
    """What `pulumi up` has done, from a fresh process, without engine and state; it asks both registries each time."""

    name = "copier"

    def __init__(self, folder: Path) -> None:
        """Run in a folder that has the sources."""
        self._folder = folder

    def prepare(self, ends: Ends) -> None:
        """Write both ends down."""
        ends.write(self._folder)

    def copy(self) -> None:
        """Copy."""
        run([sys.executable, "-m", "bench.images_copying.copier"], self._folder, os.environ)

    again = copy

    def forget(self) -> None:
        """Keep nothing."""
