"""What a process of the SDK puts off: it is there all the same for whoever asks for it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

START = Path(__file__).parents[2] / "engine" / "quick_start.py"


def run(program: str, folder: Path) -> str:
    begin = f"import runpy, sys; sys.path[0] = {str(folder)!r}; runpy.run_path({str(START)!r})['begin']()\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "use", ["pulumi.automation.LocalWorkspace", "__import__('pulumi.automation').automation.create_stack"]
)
def test_the_automation_api_is_imported_when_it_is_looked_at(tmp_path: Path, use: str) -> None:
    program = f"""
        import pulumi
        print("pulumi.automation._local_workspace" in sys.modules)
        {use}
        print("pulumi.automation._local_workspace" in sys.modules)
    """
    assert run(program, tmp_path).split() == ["False", "True"]


def test_a_program_imports_names_of_it_as_ever(tmp_path: Path) -> None:
    assert run("from pulumi.automation import Stack; print(Stack.__module__)", tmp_path) == "pulumi.automation._stack\n"


def test_an_sdk_without_it_is_imported_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "pulumi").mkdir()
    (tmp_path / "pulumi" / "__init__.py").touch()
    program = """
        import pulumi
        try:
            import pulumi.automation
        except ModuleNotFoundError as error:
            print(error.name)
    """
    assert run(program, tmp_path) == "pulumi.automation\n"


def test_threads_that_look_at_once_see_a_whole_module(tmp_path: Path) -> None:
    (tmp_path / "pulumi").mkdir()
    (tmp_path / "pulumi" / "__init__.py").touch()
    (tmp_path / "pulumi" / "automation.py").write_text("import time; time.sleep(0.2); LAST = 'whole'\n")
    program = """
        from concurrent.futures import ThreadPoolExecutor
        import pulumi.automation
        with ThreadPoolExecutor(4) as pool:
            print(set(pool.map(lambda _: pulumi.automation.LAST, range(4))))
    """
    assert run(program, tmp_path) == "{'whole'}\n"


def test_what_is_missing_in_it_is_said(tmp_path: Path) -> None:
    program = """
        import pulumi.automation
        try:
            pulumi.automation.nothing_of_the_kind
        except AttributeError as error:
            print(error)
    """
    assert "'pulumi.automation' has no attribute 'nothing_of_the_kind'" in run(program, tmp_path)
