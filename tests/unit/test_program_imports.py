"""What a program imports before it knows its settings: every run of every stack pays for it."""

import subprocess
import sys

import pytest

SLOW = ("asyncssh", "httpx", "kubernetes", "pulumi_kubernetes", "rich", "typer")


@pytest.mark.parametrize("module", ["components.composition", "components.dynamic.node_state"])
def test_slow_libraries_are_imported_only_where_they_are_used(module: str) -> None:
    code = f"import sys, {module}; print(*(each for each in {SLOW!r} if each in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
