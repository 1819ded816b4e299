"""What a program's author sees: output, errors and settings arrive as with the official language host."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
