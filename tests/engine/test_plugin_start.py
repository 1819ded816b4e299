"""Plugins that a program has started before its first resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.layout import CHECKOUT

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject

_EARLY = f"""
    import sys
    sys.path.append({str(CHECKOUT)!r})
    from components.plugin_start import start_plugins

"""


def test_they_run_before_a_resource_of_theirs_is_registered(engine_project: EngineProject) -> None:
    engine_project.program(
        _EARLY
        + """
    import os
    import time
    from pathlib import Path

    def parent(process):
        return int((Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[1])

    def started(engine):
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if parent(process.name) == engine and b"engine.plugins.command" in (process / "cmdline").read_bytes():
                    return True
            except OSError:
                pass

    start_plugins(["command"])
    engine = parent(os.getppid())
    give_up = time.monotonic() + 120
    while not started(engine):
        assert time.monotonic() < give_up, "the plugin did not start"
        time.sleep(0.05)
    """
    )

    engine_project.preview()


def test_each_has_one_provider_and_the_user_sees_nothing_of_it(engine_project: EngineProject) -> None:
    engine_project.program(
        _EARLY
        + """
    start_plugins(["random", "pulumi-python", "command"])

    import pulumi_command as command
    import pulumi_random as random
    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    class Provider(ResourceProvider):
        def create(self, props):
            return CreateResult("made", props)

    class Probe(Resource, module="probe", name="Probe"):
        def __init__(self, name, props):
            super().__init__(Provider(), name, props)

    password = random.RandomPassword("password", length=8)
    Probe("probe", {"password": password.result})
    command.local.Command("command", create="true")
    """
    )

    done = engine_project.up()

    assert "4 created" in done.output
    for word in ("nothing", "warning", "error"):
        assert word not in done.output.lower()
    kinds = [kind for kind in (each["type"] for each in engine_project.resources()) if "providers" in kind]
    assert sorted(kinds) == [f"pulumi:providers:{name}" for name in ("command", "pulumi-python", "random")]
    engine_project.preview("--expect-no-changes")
