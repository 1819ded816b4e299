"""What a program's author sees: output, errors and settings arrive as with the official language host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.catalog import EMBEDDED_PLUGINS, PULUMI_VERSION

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject


def test_output_and_log_messages_of_the_program_are_shown(engine_project: EngineProject) -> None:
    engine_project.program("""
        import sys
        import pulumi

        print("printed to stdout")
        print("printed to stderr", file=sys.stderr)
        pulumi.log.info("said by the log")
        pulumi.export("answer", 42)
    """)

    done = engine_project.up()

    assert "printed to stdout" in done.output
    assert "printed to stderr" in done.output
    assert "said by the log" in done.output
    assert engine_project.outputs() == {"answer": 42}


def test_a_run_prints_no_warning_and_nothing_of_the_host(engine_project: EngineProject) -> None:
    engine_project.program("import pulumi")

    done = engine_project.up()

    assert "warning" not in done.output.lower()
    assert "traceback" not in done.output.lower()
    assert done.stderr == ""


def test_an_uncaught_error_is_shown_once_from_the_programs_first_frame(engine_project: EngineProject) -> None:
    engine_project.program("""
        def deep():
            raise ValueError("the very reason")

        deep()
    """)

    done = engine_project.up(check=False)

    assert done.exit_code != 0
    assert done.output.count("Traceback (most recent call last)") == 1
    assert done.output.count("ValueError: the very reason") == 1
    assert f'File "{engine_project.folder}/__main__.py", line 5' in done.output
    assert "executor.py" not in done.output
    assert "runpy" not in done.output
    assert "non-zero exit code" not in done.output


def test_an_error_in_an_apply_is_shown_once(engine_project: EngineProject) -> None:
    engine_project.program("""
        import pulumi

        def fail(_):
            raise KeyError("in the apply")

        pulumi.export("never", pulumi.Output.from_input(1).apply(fail))
    """)

    done = engine_project.up(check=False)

    assert done.exit_code != 0
    assert done.output.count("KeyError: 'in the apply'") == 1


def test_a_run_error_is_its_message_without_a_trace(engine_project: EngineProject) -> None:
    engine_project.program("""
        import pulumi

        raise pulumi.RunError("set towpath:nodes first")
    """)

    done = engine_project.up(check=False)

    assert done.exit_code != 0
    assert "error: set towpath:nodes first" in done.output
    assert "Traceback" not in done.output
    assert "non-zero exit code" not in done.output


def test_a_syntax_error_names_file_and_line(engine_project: EngineProject) -> None:
    engine_project.program("x = = 1\n")

    done = engine_project.up(check=False)

    assert done.exit_code != 0
    assert "__main__.py" in done.output
    assert "SyntaxError" in done.output


@pytest.mark.parametrize(("call", "fails", "text"), [("exit(0)", False, ""), ("exit(3)", True, "exit code: 3")])
def test_the_programs_own_exit_status_counts(engine_project: EngineProject, call: str, fails: bool, text: str) -> None:
    engine_project.program(f"import sys\nsys.{call}\n")

    done = engine_project.up(check=False)

    assert (done.exit_code != 0) == fails
    assert text in done.output


def test_the_program_sees_stack_project_configuration_and_preview(engine_project: EngineProject) -> None:
    engine_project.config("name", "value with 'quotes' and ünïcode")
    engine_project.program("""
        import pulumi

        pulumi.export("facts", {
            "project": pulumi.get_project(), "stack": pulumi.get_stack(), "organization": pulumi.get_organization(),
            "name": pulumi.Config().require("name"), "root": pulumi.runtime.get_root_directory(),
        })
        print("PREVIEW" if pulumi.runtime.is_dry_run() else "REAL")
    """)

    assert "PREVIEW" in engine_project.preview().output
    assert "REAL" in engine_project.up().output

    assert engine_project.outputs()["facts"] == {
        "project": "probe",
        "stack": "test",
        "organization": "organization",
        "name": "value with 'quotes' and ünïcode",
        "root": str(engine_project.folder),
    }


def test_a_configuration_secret_stays_encrypted_and_out_of_environment_and_arguments(
    engine_project: EngineProject,
) -> None:
    secret = "S3cr3t-" + "v4lue"
    engine_project.config("password", secret, secret=True)
    engine_project.program("""
        import os
        import pulumi
        from pathlib import Path

        password = pulumi.Config().require_secret("password")
        pulumi.export("password", password)
        pulumi.export("length", pulumi.Output.unsecret(password.apply(len)))
        for name in ("environ", "cmdline"):
            Path(f"seen-{name}").write_bytes(Path(f"/proc/self/{name}").read_bytes())
    """)

    done = engine_project.up()

    state = json.dumps(engine_project.export())
    assert secret not in done.output
    assert secret not in state
    assert engine_project.outputs()["password"] == "[secret]"
    assert engine_project.outputs()["length"] == len(secret)
    assert engine_project.outputs(show_secrets=True)["password"] == secret
    for name in ("environ", "cmdline"):
        assert secret.encode() not in (engine_project.folder / f"seen-{name}").read_bytes()


def test_the_program_knows_which_configuration_is_secret(engine_project: EngineProject) -> None:
    engine_project.config("password", "hidden", secret=True)
    engine_project.config("name", "open")
    engine_project.program("""
        import pulumi

        pulumi.export("secret", [pulumi.runtime.is_config_secret(f"probe:{key}") for key in ("password", "name")])
    """)

    engine_project.up()

    assert engine_project.outputs() == {"secret": [True, False]}


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
            time.sleep(0.5)
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
            Counted(f"r{{number}}", {{"number": number, "log": {str(log)!r}}})
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
