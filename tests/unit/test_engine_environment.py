"""The `export` lines of `python -m engine env`."""

import subprocess
from pathlib import Path

import pytest

from engine.environment import environment, export_lines
from engine.errors import EngineError
from engine.install import Choice
from engine.layout import Layout

_CHOICE = Choice(embedded=True, cli_folder="/srv/it's here/bin", home="/srv/$HOME `x`", plugins={})


def test_the_engine_goes_first_on_the_path_once() -> None:
    once = environment(_CHOICE, "/usr/bin:/bin")["PATH"]

    assert once == "/srv/it's here/bin:/usr/bin:/bin"
    assert environment(_CHOICE, once)["PATH"] == once


def test_only_an_embedded_engine_is_kept_from_downloading_plugins() -> None:
    name = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
    official = Choice(embedded=False, cli_folder="/opt", home="/home", plugins={})

    assert environment(_CHOICE, "")[name] == "1"
    assert name not in environment(official, "")


def test_backends_and_passphrases_are_not_its_business() -> None:
    assert set(environment(_CHOICE, "")) == {
        "PATH",
        "PULUMI_HOME",
        "PULUMI_SKIP_UPDATE_CHECK",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    }


def test_a_shell_reads_the_lines_back_whatever_the_folders_are_named(tmp_path: Path) -> None:
    layout = Layout(state=tmp_path)
    layout.choice.parent.mkdir(parents=True)
    layout.choice.write_text(
        '{"embedded": true, "cli_folder": "/srv/it\'s here/bin", "home": "/srv/$HOME `x`", "plugins": {}}'
    )

    lines = export_lines(layout)
    script = lines + 'printf "%s\\n%s" "${PATH%%:*}" "$PULUMI_HOME"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "/srv/it's here/bin\n/srv/$HOME `x`"


def test_before_the_first_install_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="python -m engine install"):
        export_lines(Layout(state=tmp_path))
