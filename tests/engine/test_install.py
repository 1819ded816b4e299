"""What `python -m engine install` chooses, makes and refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from engine.build import built_cli, ensure_cli
from engine.catalog import EMBEDDED_PLUGINS
from engine.errors import BuildError, UnsupportedMachineError
from engine.install import install, read_choice
from engine.layout import CHECKOUT, Layout
from engine.toolchain import check_machine
from engine.wrappers import is_embedded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import EngineProject

_RANDOM = EMBEDDED_PLUGINS[0]


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any Pulumi: an own home folder and a PATH of two system folders."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    return folder


@pytest.fixture
def layout(tmp_path: Path, home: Path) -> Layout:
    """A layout that shares nothing but the code; its cache holds a stand-in for the CLI."""
    made = Layout(state=tmp_path / "state", home=tmp_path / "pulumi", cache=tmp_path / "cache")
    _script(built_cli(made), "echo v3.259.0")
    return made


def _official(folder: Path, version: str, *, language_host: bool = True) -> Path:
    _script(folder / "pulumi", f"echo {version}")
    if language_host:
        _script(folder / "pulumi-language-python", "exit 1")
    return folder


class TestOfficialCli:
    def test_a_compatible_one_on_the_path_wins_and_nothing_is_made(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        official = _official(tmp_path / "official", "v3.260.1")
        monkeypatch.setenv("PATH", f"{official}:/usr/bin:/bin")

        choice = install(layout)

        assert not choice.embedded
        assert choice.cli_folder == str(official)
        assert not layout.bin.exists()

    @pytest.mark.parametrize("version", ["v3.215.9", "v4.0.0", "garbage"])
    def test_an_incompatible_one_does_not(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
    ) -> None:
        monkeypatch.setenv("PATH", f"{_official(tmp_path / 'official', version)}:/usr/bin:/bin")

        assert install(layout).embedded

    def test_one_without_its_language_host_does_not(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        official = _official(tmp_path / "official", "v3.260.1", language_host=False)
        monkeypatch.setenv("PATH", f"{official}:/usr/bin:/bin")

        assert install(layout).embedded

    def test_the_embedded_engine_on_the_path_is_not_taken_for_one(
        self, layout: Layout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(layout)
        monkeypatch.setenv("PATH", f"{layout.bin}:/usr/bin:/bin")

        assert install(layout).embedded

    def test_one_whose_only_language_host_is_the_embedded_one_is_not_complete(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(layout)
        official = _official(tmp_path / "official", "v3.260.1", language_host=False)
        monkeypatch.setenv("PATH", f"{official}:{layout.bin}:/usr/bin:/bin")

        assert install(layout).embedded


class TestPlugins:
    def test_those_of_the_user_are_linked_instead_of_embedded_ones(self, layout: Layout, home: Path) -> None:
        official = _script(home / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, "exit 1")

        choice = install(layout)

        others = {plugin.name: "embedded" for plugin in EMBEDDED_PLUGINS if plugin is not _RANDOM}
        assert choice.plugins == {"random": "official", **others}
        assert (layout.plugins / _RANDOM.folder / _RANDOM.executable).resolve() == official

    def test_an_official_one_replaces_an_embedded_one_and_is_replaced_when_it_is_gone(
        self, layout: Layout, home: Path
    ) -> None:
        place = layout.plugins / _RANDOM.folder / _RANDOM.executable
        assert install(layout).plugins["random"] == "embedded"
        assert is_embedded(place)

        official = _script(home / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, "exit 1")
        assert install(layout).plugins["random"] == "official"
        assert not is_embedded(place)

        official.unlink()
        assert install(layout).plugins["random"] == "embedded"
        assert is_embedded(place)

    def test_another_version_of_an_official_one_does_not_count(self, layout: Layout, home: Path) -> None:
        _script(home / ".pulumi" / "plugins" / "resource-random-v4.0.0" / _RANDOM.executable, "exit 1")

        assert install(layout).plugins["random"] == "embedded"

    def test_one_installed_into_our_own_home_is_kept(self, layout: Layout) -> None:
        official = _script(layout.plugins / _RANDOM.folder / _RANDOM.executable, "exit 1")
        before = official.read_bytes()

        assert install(layout).plugins["random"] == "official"
        assert official.read_bytes() == before

    def test_the_engine_runs_a_linked_official_one(
        self, engine_project: EngineProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = tmp_path / "user"
        said = tmp_path / "started"
        _script(user / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, f"touch {said}; exit 1")
        monkeypatch.setenv("HOME", str(user))
        shared = Layout(cache=Layout().cache)
        private = Layout(state=tmp_path / "state", home=tmp_path / "home", cache=shared.cache)
        _script(built_cli(private), "exit 1")
        install(private)
        engine_project.environment["PULUMI_HOME"] = str(private.home)
        engine_project.program("import pulumi_random\npulumi_random.RandomId('r', byte_length=4)\n")

        done = engine_project.preview(check=False)

        assert done.exit_code != 0
        assert said.exists()


class TestRepeat:
    def test_a_second_run_changes_no_file(self, layout: Layout) -> None:
        install(layout)
        folders = (layout.state, layout.home)
        before = {path: path.lstat() for folder in folders for path in folder.rglob("*")}

        install(layout)

        after = {path: path.lstat() for folder in folders for path in folder.rglob("*")}
        assert {path: stat.st_mtime_ns for path, stat in after.items()} == {
            path: stat.st_mtime_ns for path, stat in before.items()
        }

    def test_the_choice_is_remembered(self, layout: Layout) -> None:
        assert read_choice(layout) is None

        choice = install(layout)

        assert read_choice(layout) == choice

    def test_the_state_folder_is_the_users_alone(self, layout: Layout) -> None:
        install(layout)

        assert layout.state.stat().st_mode & 0o777 == 0o700


def _go(folder: Path, version: str, build: str) -> str:
    """A stand-in for Go; `$output` in `build` is the file that the real one would write."""
    body = f"""
if [ "$1" = env ]; then echo {version}; exit 0; fi
while [ "$1" != -o ]; do shift; done
output="$2"
{build}"""
    return str(_script(folder / "go", body).parent)


class TestMachine:
    def test_no_go_is_one_line_with_the_way_out(self, home: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "install"],
            cwd=CHECKOUT,
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "Go is not on PATH" in done.stderr
        assert "install Go" in done.stderr

    def test_an_old_go_is_named_with_its_version(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built_cli(layout).unlink()
        monkeypatch.setenv("PATH", f"{_go(tmp_path / 'go', 'go1.25.9', 'exit 1')}:/usr/bin:/bin")

        with pytest.raises(UnsupportedMachineError, match=r"is 1\.25\.9, .* 1\.26 or newer: upgrade Go") as caught:
            install(layout)

        assert "\n" not in str(caught.value)

    def test_another_system_than_linux_is_refused(self) -> None:
        with pytest.raises(UnsupportedMachineError, match="runs on Linux, this is darwin: use a Linux machine"):
            check_machine("darwin")


class TestBuild:
    def test_a_failed_build_shows_its_last_lines_and_the_log_and_leaves_no_file(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cli = built_cli(layout)
        cli.unlink()
        build = "for n in 1 2 3; do echo package-$n; done; echo 'reading module: refused' >&2; exit 1"
        monkeypatch.setenv("PATH", f"{_go(tmp_path / 'go', 'go1.26.8', build)}:/usr/bin:/bin")

        with pytest.raises(BuildError) as caught:
            install(layout, StringIO())

        message = str(caught.value)
        assert "package-3\n  reading module: refused" in message
        assert message.endswith(f"log: {cli.parent / 'build.log'}")
        assert sorted(path.name for path in cli.parent.iterdir()) == ["build.log", "lock"]

    def test_progress_names_elapsed_time_and_the_last_package(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built_cli(layout).unlink()
        monkeypatch.setattr("engine.build._PROGRESS_SECONDS", 0.05)
        build = 'echo runtime; echo net/http; sleep 0.5; echo "#!/bin/sh" > "$output"'
        monkeypatch.setenv("PATH", f"{_go(tmp_path / 'go', 'go1.26.8', build)}:/usr/bin:/bin")
        said = StringIO()

        ensure_cli(layout, said)

        first, *progress, last = said.getvalue().splitlines()
        assert "building the Pulumi CLI" in first
        assert any(line.endswith(" s,    2 packages, net/http") for line in progress)
        assert "built" in last

    def test_two_checkouts_at_once_build_once(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built_cli(layout).unlink()
        count = tmp_path / "count"
        build = f'echo built >> {count}; sleep 1; echo "#!/bin/sh" > "$output"'
        monkeypatch.setenv("PATH", f"{_go(tmp_path / 'go', 'go1.26.8', build)}:/usr/bin:/bin")
        said = [StringIO(), StringIO()]
        threads = [threading.Thread(target=ensure_cli, args=(layout, stream)) for stream in said]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert count.read_text() == "built\n"
        assert os.access(built_cli(layout), os.X_OK)
        assert sum("another checkout is building" in stream.getvalue() for stream in said) == 1

    def test_other_dependencies_are_another_build(self, layout: Layout, tmp_path: Path) -> None:
        other = tmp_path / "other"
        (other / "engine" / "cli").mkdir(parents=True)
        for name in ("go.mod", "go.sum"):
            (other / "engine" / "cli" / name).write_bytes((layout.cli_module / name).read_bytes())
        same = Layout(checkout=other, cache=layout.cache)
        assert built_cli(same) == built_cli(layout)

        (other / "engine" / "cli" / "go.sum").write_text("other\n")

        assert built_cli(same) != built_cli(layout)
