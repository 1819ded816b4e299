"""Towpath, in two ways: a whole stack by the Pulumi engine, and the applier alone."""

import json
import os
import sys
from pathlib import Path

from bench.nodes.fleet import Fleet
from bench.nodes.wish import DOCUMENT_ID, configuration
from bench.pulumi_project import PulumiProject, run
from towpath.applier.bootstrap import Sudo, delete_command

PROGRAM = "bench/nodes/program/__main__.py"


class TowpathUp:
    """`pulumi up` of a stack with a state of its own, as `make up` runs it: without a preview before it."""

    name = "towpath"

    def __init__(self, folder: Path) -> None:
        """Make the project in a folder that has the sources; see `copy_sources`."""
        self._folder = folder
        self._project = PulumiProject(folder, PROGRAM)

    def prepare(self, fleet: Fleet) -> None:
        """Write the stack's settings."""
        self._project.configure(configuration(fleet.names, fleet.paths))
        (self._folder / "ca.pem").write_bytes(fleet.paths.upstream_ca.read_bytes())

    def first(self) -> None:
        """Bring the stack up."""
        self._project.up()

    def unchanged(self) -> None:
        """Bring it up again: nothing differs from the state, so no node is asked."""
        self._project.up("--expect-no-changes")

    def refreshed(self) -> None:
        """Look at every node before: what others call a run without changes."""
        self._project.up("--refresh", "--expect-no-changes")

    def undo(self) -> None:
        """Destroy the stack."""
        self._project.destroy()

    def version(self) -> str:
        """Return the engine's version."""
        return self._project.version()


class TowpathApplier:
    """The applier over SSH, from a fresh process, without engine, plan and state."""

    name = "applier"

    def __init__(self, folder: Path) -> None:
        """Run in a folder that has the sources."""
        self._folder = folder

    def prepare(self, fleet: Fleet) -> None:
        """Write the settings down."""
        self._fleet = fleet
        self._settings = json.dumps(configuration(fleet.names, fleet.paths))

    def first(self) -> None:
        """Apply every node's document."""
        self._roll_out("changed")

    def unchanged(self) -> None:
        """Apply them again."""
        self._roll_out("unchanged")

    def undo(self) -> None:
        """Delete the documents."""
        self._fleet.each(delete_command(DOCUMENT_ID, Sudo()))

    def _roll_out(self, wanted: str) -> None:
        argv = [sys.executable, "-m", "bench.nodes.roll_out", str(self._fleet.paths.upstream_ca)]
        printed = run(argv, self._folder, dict(os.environ), self._settings)
        if set(printed.split()) != {wanted}:
            raise RuntimeError(f"the applier should have said {wanted!r} of each node: {printed}")
