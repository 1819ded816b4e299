"""What programs do with stacks and resources: references, teardown, parallelism, dynamic providers, plugins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.catalog import EMBEDDED_PLUGINS, PULUMI_VERSION

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject


def test_a_stack_reference_reads_another_stacks_outputs(engine_project: EngineProject) -> None:
    engine_project.program("import pulumi\npulumi.export('address', '10.0.0.1')\n")
    engine_project.up()
    engine_project.program("""
        import pulumi

        other = pulumi.StackReference("organization/probe/test")
        pulumi.export("seen", other.get_output("address"))
    """)
    engine_project.pulumi("stack", "init", "second")
    engine_project.stack = "second"

    engine_project.up()

    assert engine_project.outputs() == {"seen": "10.0.0.1"}


def test_destroy_can_run_the_program(engine_project: EngineProject) -> None:
    engine_project.program("import pulumi\nprint('the program ran')\n")
    engine_project.up()

    assert "the program ran" not in engine_project.destroy("--refresh=false").output
    engine_project.up()
    assert "the program ran" in engine_project.destroy("--run-program").output

    assert engine_project.resources() == []


_COUNTED = """
    import threading
    import time
    from pathlib import Path

    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    # Side by side in one provider process, as many as the engine sends at once.
    RUNNING = set()
    LOCK = threading.Lock()


    class CountedProvider(ResourceProvider):
        def create(self, props):
            with LOCK:
                RUNNING.add(props["number"])
                with Path(props["log"]).open("a") as log:
                    log.write(f"{len(RUNNING)}\\n")
            # Long enough for the others to arrive, however busy the machine is.
            deadline = time.monotonic() + 180
            while len(RUNNING) < props["together"] and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.2)
            with LOCK:
                RUNNING.discard(props["number"])
            return CreateResult(str(props["number"]), props)


    class Counted(Resource, module="probe", name="Counted"):
        def __init__(self, name, props):
            super().__init__(CountedProvider(), name, props)
"""


@pytest.mark.parametrize(("parallel", "together"), [(1, 1), (4, 4)])
def test_parallelism_is_the_engines(engine_project: EngineProject, parallel: int, together: int) -> None:
    engine_project.file("counted.py", _COUNTED)
    log = engine_project.folder / "running"
    engine_project.program(f"""
        from counted import Counted

        for number in range(4):
            Counted(f"r{{number}}", {{"number": number, "log": {str(log)!r}, "together": {together}}})
    """)

    engine_project.up("--parallel", str(parallel))

    assert max(int(line) for line in log.read_text().split()) == together


def test_a_dynamic_provider_of_an_importable_module_is_kept_by_reference(engine_project: EngineProject) -> None:
    engine_project.file(
        "place/provider.py",
        """
        from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult


        class PlaceProvider(ResourceProvider):
            def create(self, props):
                return CreateResult("the-place", {**props, "made": True})

            def update(self, id, olds, news):
                return UpdateResult({**news, "made": True})


        class Place(Resource, module="registry", name="Place"):
            made: object

            def __init__(self, name, props):
                super().__init__(PlaceProvider(), name, {**props, "made": None})
        """,
    )
    engine_project.program("""
        import pulumi
        from place.provider import Place

        pulumi.export("made", Place("place", {"size": 1}).made)
    """)

    engine_project.up()

    (resource,) = engine_project.resources("pulumi-python:dynamic/registry:Place")
    assert resource["id"] == "the-place"
    # By reference the pickled provider is a module's and a class's name; by value it would hold their code.
    assert len(json.dumps(resource["inputs"]["__provider"])) < 300
    assert engine_project.outputs() == {"made": True}
    engine_project.preview("--expect-no-changes")
    engine_project.destroy()


def test_a_main_file_in_another_folder_is_found_with_the_modules_beside_it(engine_project: EngineProject) -> None:
    yaml = engine_project.folder / "Pulumi.yaml"
    yaml.write_text(yaml.read_text() + "main: source/entry.py\n")
    engine_project.file("source/beside.py", "NAME = 'beside'\n")
    engine_project.file("source/entry.py", "import pulumi, beside\npulumi.export('name', beside.NAME)\n")

    engine_project.up()

    assert engine_project.outputs() == {"name": "beside"}


def test_a_missing_virtual_environment_is_named_with_the_way_out(engine_project: EngineProject) -> None:
    engine_project.file(
        "Pulumi.yaml", "name: probe\nruntime: {name: python, options: {toolchain: pip, virtualenv: nowhere}}\n"
    )

    done = engine_project.preview(check=False)

    assert done.exit_code != 0
    assert "there is no Python in" in done.output
    assert "pulumi install" in done.output


def test_an_absent_plugin_fails_only_the_program_that_uses_it(engine_project: EngineProject) -> None:
    engine_project.environment["PULUMI_HOME"] = str(engine_project.folder / "home")
    engine_project.program("import pulumi_random")
    engine_project.preview()
    engine_project.program("import pulumi_random\npulumi_random.RandomId('r', byte_length=4)\n")

    done = engine_project.preview(check=False)

    assert done.exit_code != 0
    assert "no resource plugin 'pulumi-resource-random' found" in done.output
    assert "ownload" not in done.output


def test_about_and_plugin_list_show_the_engine_as_installed(engine_project: EngineProject) -> None:
    about = engine_project.pulumi("about", "--json")
    facts = json.loads(about.stdout)

    assert facts["cliAbout"]["version"] == PULUMI_VERSION
    assert facts["runtime"]["language"] == "python"
    assert facts["runtime"]["executable"].endswith("/.venv/bin/python")
    assert {plugin["name"] for plugin in facts["plugins"]} >= {"python", "random", "tls", "command"}
    assert "httpx" in {dependency["name"] for dependency in facts["dependencies"]}
    assert "warning" not in about.output.lower()

    plugins = engine_project.pulumi("plugin", "ls", "--json")
    listed = {(plugin["name"], plugin["version"]) for plugin in json.loads(plugins.stdout)}
    assert listed == {(plugin.name, plugin.version) for plugin in EMBEDDED_PLUGINS}
