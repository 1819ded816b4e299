"""Language hosts beside Python's: put beside the CLI where asked for, built once, never beside an official CLI."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

from engine.build import built
from engine.install import Choice, install
from engine.languages import install_languages, sdk_generator, yaml_host
from engine.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_each_is_beside_the_cli_under_the_name_of_its_language(
    bare_layout: Layout, write_script: Callable[[Path, str], Path]
) -> None:
    host = write_script(built(yaml_host(bare_layout), bare_layout), "echo host")
    generator = write_script(built(sdk_generator(bare_layout), bare_layout), "echo generator")
    install(bare_layout, StringIO())

    install_languages(bare_layout, ["yaml", "go", "nodejs"], StringIO())

    assert (bare_layout.bin / "pulumi-language-yaml").read_text() == host.read_text()
    for language in ("go", "nodejs"):
        assert (bare_layout.bin / f"pulumi-language-{language}").read_text() == generator.read_text()


def test_an_official_installation_keeps_its_own(bare_layout: Layout) -> None:
    bare_layout.choice.parent.mkdir(parents=True)
    bare_layout.choice.write_text(json.dumps(vars(Choice(False, "/usr/bin", str(bare_layout.home), {}))))

    install_languages(bare_layout, ["yaml"], StringIO())

    assert not bare_layout.bin.exists()


def test_other_sources_are_another_build(bare_layout: Layout, tmp_path: Path) -> None:
    other = Layout(checkout=tmp_path / "other", cache=bare_layout.cache)
    module = sdk_generator(other).module
    module.mkdir(parents=True)
    for source in sdk_generator(bare_layout).module.iterdir():
        (module / source.name).write_bytes(source.read_bytes())
    assert built(sdk_generator(other), other) == built(sdk_generator(bare_layout), bare_layout)

    (module / "main.go").write_text("package main\n")

    assert built(sdk_generator(other), other) != built(sdk_generator(bare_layout), bare_layout)
