"""What a program's author sees: output, errors and settings arrive as with the official language host."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

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


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError('the very reason')"])
def test_debug_messages_are_shown_where_asked_for_all_of_them_and_in_their_order(
    engine_project: EngineProject, end: str
) -> None:
    """They travel together: the last ones must not stay behind, however the program ends."""
    engine_project.program(f"""
        import sys
        import pulumi

        pulumi.log.debug("first of the program")
        pulumi.log.debug("second of the program")
        pulumi.log.info("after the second")
        pulumi.log.debug("last of the program")
        {end}
    """)

    asked = engine_project.preview("--debug", check=False).output
    words = ["first of the program", "second of the program", "after the second", "last of the program"]
    places = [asked.rfind(each) for each in words]  # in the list at the end, not what is shown meanwhile
    assert -1 not in places, asked
    assert places == sorted(places)
    assert "second of the program" not in engine_project.preview(check=False).output


def test_exit_handlers_and_threads_of_the_program_come_to_their_end(engine_project: EngineProject) -> None:
    engine_project.program("""
        import atexit
        import logging.handlers
        import threading
        import time
        from pathlib import Path

        kept = logging.handlers.MemoryHandler(1000, target=logging.FileHandler("log.txt"))
        logging.getLogger("own").addHandler(kept)
        logging.getLogger("own").warning("logged before the end")
        atexit.register(lambda: Path("handler.txt").touch())
        atexit.register(print, "printed at the end")
        threading.Thread(target=lambda: (time.sleep(0.5), Path("thread.txt").touch())).start()
        left_open = open("open.txt", "w")
        left_open.write("written and never closed")
    """)

    done = engine_project.up()

    assert "printed at the end" in done.output
    assert (engine_project.folder / "handler.txt").exists()
    assert (engine_project.folder / "thread.txt").exists()
    assert "logged before the end" in (engine_project.folder / "log.txt").read_text()
    assert "written and never closed" in (engine_project.folder / "open.txt").read_text()


def test_exit_handlers_of_a_dynamic_provider_are_called(engine_project: EngineProject) -> None:
    engine_project.file(
        "own.py",
        """
        import atexit
        from pathlib import Path

        from pulumi.dynamic import CreateResult, Resource, ResourceProvider

        FOLDER = Path(__file__).parent
        OPEN = (FOLDER / "open.txt").open("a")

        class Provider(ResourceProvider):
            def create(self, props):
                atexit.register((FOLDER / "handler.txt").touch)
                OPEN.write("written and never closed")
                return CreateResult("made", props)

        class Own(Resource, module="probe", name="Own"):
            def __init__(self, name):
                super().__init__(Provider(), name, {})
        """,
    )
    engine_project.program("""
        from own import Own

        Own("one")
    """)

    engine_project.up()

    assert (engine_project.folder / "handler.txt").exists()
    assert "written and never closed" in (engine_project.folder / "open.txt").read_text()


def test_a_dynamic_provider_imports_modules_of_its_project_whatever_their_names_are(
    engine_project: EngineProject,
) -> None:
    engine_project.file("engine.py", "NAME = 'ours'")
    engine_project.file(
        "own.py",
        """
        from pulumi.dynamic import CreateResult, Resource, ResourceProvider

        class Provider(ResourceProvider):
            def create(self, props):
                import engine

                return CreateResult(engine.NAME, props)

        class Own(Resource, module="probe", name="Own"):
            def __init__(self, name):
                super().__init__(Provider(), name, {})
        """,
    )
    engine_project.program("""
        import pulumi
        from own import Own

        pulumi.export("id", Own("one").id)
    """)

    engine_project.up()

    assert engine_project.outputs() == {"id": "ours"}


def test_a_dynamic_provider_has_the_interpreter_of_the_project(engine_project: EngineProject) -> None:
    """It is another one than the plugin itself was started with, if only by name."""
    virtualenv = engine_project.folder / "venv"
    virtualenv.symlink_to(sys.prefix)
    project = engine_project.folder / "Pulumi.yaml"
    settings = yaml.safe_load(project.read_text())
    settings["runtime"]["options"]["virtualenv"] = "venv"
    project.write_text(yaml.safe_dump(settings))
    engine_project.file(
        "own.py",
        """
        import sys

        from pulumi.dynamic import CreateResult, Resource, ResourceProvider

        class Provider(ResourceProvider):
            def create(self, props):
                return CreateResult(sys.executable, props)

        class Own(Resource, module="probe", name="Own"):
            def __init__(self, name):
                super().__init__(Provider(), name, {})
        """,
    )
    engine_project.program("""
        import pulumi
        from own import Own

        pulumi.export("id", Own("one").id)
    """)

    engine_project.up()

    assert engine_project.outputs() == {"id": str(virtualenv / "bin" / "python")}


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


def test_thousands_of_outputs_are_waited_for_together(engine_project: EngineProject) -> None:
    """The SDK waits anew for all that are left whenever one is done; that grows with the square."""
    engine_project.program("""
        import asyncio
        import pulumi

        waits = 0
        wait = asyncio.wait

        async def counted(*arguments, **options):
            global waits
            waits += 1
            return await wait(*arguments, **options)

        asyncio.wait = counted

        async def one_by_one(number):
            await asyncio.sleep(number / 5000)
            return number

        outputs = [pulumi.Output.from_input(one_by_one(number)) for number in range(5000)]
        pulumi.export("last", outputs[-1])
        pulumi.Output.all(*outputs).apply(lambda all: print(f"{len(all)} outputs, {waits} waits."))
    """)

    done = engine_project.up()

    assert engine_project.outputs() == {"last": 4999}
    waits = int(done.output.partition("5000 outputs, ")[2].partition(" waits")[0])
    assert 0 < waits < 200
