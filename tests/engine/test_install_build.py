"""What building the CLI needs, says and leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from engine.build import built, ensure, pulumi_cli
from engine.errors import BuildError, UnsupportedMachineError
from engine.install import install
from engine.layout import CHECKOUT, Layout
from engine.toolchain import check_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def put_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_home: Path, write_script: Callable[[Path, str], Path]
) -> Callable[[str, str], None]:
    """Put a stand-in for Go first on PATH; `$output` in its `build` is the file that the real one would write."""

    def put(version: str, build: str) -> None:
        body = f"""
if [ "$1" = env ]; then echo {version}; exit 0; fi
while [ "$1" != -o ]; do shift; done
output="$2"
{build}"""
        folder = write_script(tmp_path / "go" / "go", body).parent
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


class Told(StringIO):
    """What is said, by a stream that makes a file as soon as a word of it was said."""

    def __init__(self, word: str, file: Path) -> None:
        super().__init__()
        self._word, self._file = word, file

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._word in self.getvalue():
            self._file.touch()
        return written


def until_told(file: Path) -> str:
    """Return shell words that wait for the file of a stream."""
    return f"until [ -e {file} ]; do sleep 0.05; done"


class TestMachine:
    def test_no_go_is_one_line_with_the_way_out(self, bare_home: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "install"],
            cwd=CHECKOUT,
            env={"HOME": str(bare_home), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "Go is not on PATH" in done.stderr
        assert "install Go" in done.stderr

    def test_an_old_go_is_named_with_its_version(
        self, bare_layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_go: Callable[[str, str], None]
    ) -> None:
        built(pulumi_cli(bare_layout), bare_layout).unlink()
        put_go("go1.25.9", "exit 1")

        with pytest.raises(UnsupportedMachineError, match=r"is 1\.25\.9, .* 1\.26 or newer: upgrade Go") as caught:
            install(bare_layout)

        assert "\n" not in str(caught.value)

    def test_another_system_than_linux_is_refused(self) -> None:
        with pytest.raises(UnsupportedMachineError, match="runs on Linux, this is darwin: use a Linux machine"):
            check_machine("darwin")


class TestBuild:
    def test_a_failed_build_shows_its_last_lines_and_the_log_and_leaves_no_file(
        self, bare_layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_go: Callable[[str, str], None]
    ) -> None:
        cli = built(pulumi_cli(bare_layout), bare_layout)
        cli.unlink()
        build = "for n in 1 2 3; do echo package-$n; done; echo 'reading module: refused' >&2; exit 1"
        put_go("go1.26.8", build)

        with pytest.raises(BuildError) as caught:
            install(bare_layout, StringIO())

        message = str(caught.value)
        assert "package-3\n  reading module: refused" in message
        assert message.endswith(f"log: {cli.parent / 'build.log'}")
        assert sorted(path.name for path in cli.parent.iterdir()) == ["build.log", "lock"]

    def test_progress_names_elapsed_time_and_the_last_package(
        self, bare_layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_go: Callable[[str, str], None]
    ) -> None:
        built(pulumi_cli(bare_layout), bare_layout).unlink()
        monkeypatch.setattr("engine.build._PROGRESS_SECONDS", 0.05)
        said = Told(" s,    2 packages, net/http", tmp_path / "told")
        build = f'echo runtime; echo net/http; {until_told(tmp_path / "told")}; echo "#!/bin/sh" > "$output"'
        put_go("go1.26.8", build)

        ensure(pulumi_cli(bare_layout), bare_layout, said)

        first, *progress, last = said.getvalue().splitlines()
        assert "building the Pulumi CLI" in first
        assert any(line.endswith(" s,    2 packages, net/http") for line in progress)
        assert "built" in last

    def test_two_checkouts_at_once_build_once(
        self, bare_layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_go: Callable[[str, str], None]
    ) -> None:
        built(pulumi_cli(bare_layout), bare_layout).unlink()
        count = tmp_path / "count"
        build = f'echo built >> {count}; {until_told(tmp_path / "told")}; echo "#!/bin/sh" > "$output"'
        put_go("go1.26.8", build)
        said = [Told("another checkout is building", tmp_path / "told") for _ in range(2)]
        threads = [
            threading.Thread(target=ensure, args=(pulumi_cli(bare_layout), bare_layout, stream)) for stream in said
        ]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert count.read_text() == "built\n"
        assert os.access(built(pulumi_cli(bare_layout), bare_layout), os.X_OK)
        assert sum("another checkout is building" in stream.getvalue() for stream in said) == 1

    def test_other_dependencies_are_another_build(self, bare_layout: Layout, tmp_path: Path) -> None:
        other = tmp_path / "other"
        (other / "engine" / "cli").mkdir(parents=True)
        for name in ("go.mod", "go.sum"):
            (other / "engine" / "cli" / name).write_bytes((bare_layout.cli_module / name).read_bytes())
        same = Layout(checkout=other, cache=bare_layout.cache)
        assert built(pulumi_cli(same), same) == built(pulumi_cli(bare_layout), bare_layout)

        (other / "engine" / "cli" / "go.sum").write_text("other\n")

        assert built(pulumi_cli(same), same) != built(pulumi_cli(bare_layout), bare_layout)
