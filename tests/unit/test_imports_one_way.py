"""Imports go one way: program, components, core; the engine and the lab are rooms of their own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_NOT_IMPORT = {
    "towpath": {"pulumi", "components", "engine", "lab", "policy", "bench"},
    "components": {"engine", "lab", "policy", "bench"},
    "engine": {"towpath", "components", "lab", "policy", "bench"},
    "lab": {"towpath", "components", "engine", "policy", "bench", "pulumi"},
}


def imported(module: ast.AST) -> Iterator[str]:
    """Yield the first name of everything that a module imports, wherever it does."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("folder", MAY_NOT_IMPORT)
def test_a_folder_imports_nothing_from_above_or_beside_it(folder: str) -> None:
    modules = list((ROOT / folder).rglob("*.py"))
    assert modules
    for path in modules:
        forbidden = set(imported(ast.parse(path.read_text()))) & MAY_NOT_IMPORT[folder]
        assert not forbidden, f"{path.relative_to(ROOT)} imports {', '.join(sorted(forbidden))}"
