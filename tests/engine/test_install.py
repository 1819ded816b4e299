"""What `python -m engine install` chooses, makes and refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.build import built, pulumi_cli
from engine.catalog import EMBEDDED_PLUGINS
from engine.install import install, read_choice
from engine.layout import Layout
from engine.wrappers import is_embedded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import EngineProject

    WriteScript = Callable[[Path, str], Path]

_RANDOM = EMBEDDED_PLUGINS[0]


@pytest.fixture
def put_official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_script: WriteScript) -> Callable[..., Path]:
    """Put a stand-in for an official CLI first on PATH; returns its folder."""

    def put(version: str, *rest: Path, language_host: bool = True) -> Path:
        folder = tmp_path / "official"
        write_script(folder / "pulumi", f"echo {version}")
        if language_host:
            write_script(folder / "pulumi-language-python", "exit 1")
        monkeypatch.setenv("PATH", ":".join(map(str, (folder, *rest, "/usr/bin", "/bin"))))
        return folder

    return put


class TestOfficialCli:
    def test_a_compatible_one_on_the_path_wins_and_nothing_is_made(
        self, bare_layout: Layout, put_official: Callable[..., Path]
    ) -> None:
        official = put_official("v3.260.1")

        choice = install(bare_layout)

        assert not choice.embedded
        assert choice.cli_folder == str(official)
        assert not bare_layout.bin.exists()

    @pytest.mark.parametrize("version", ["v3.215.9", "v4.0.0", "garbage"])
    def test_an_incompatible_one_does_not(
        self, bare_layout: Layout, put_official: Callable[..., Path], version: str
    ) -> None:
        put_official(version)

        assert install(bare_layout).embedded

    def test_one_without_its_language_host_does_not(
        self, bare_layout: Layout, put_official: Callable[..., Path]
    ) -> None:
        put_official("v3.260.1", language_host=False)

        assert install(bare_layout).embedded

    def test_the_embedded_engine_on_the_path_is_not_taken_for_one(
        self, bare_layout: Layout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(bare_layout)
        monkeypatch.setenv("PATH", f"{bare_layout.bin}:/usr/bin:/bin")

        assert install(bare_layout).embedded

    def test_one_whose_only_language_host_is_the_embedded_one_is_not_complete(
        self, bare_layout: Layout, put_official: Callable[..., Path]
    ) -> None:
        install(bare_layout)
        put_official("v3.260.1", bare_layout.bin, language_host=False)

        assert install(bare_layout).embedded


class TestPlugins:
    def test_those_of_the_user_are_linked_instead_of_embedded_ones(
        self, bare_layout: Layout, bare_home: Path, write_script: WriteScript
    ) -> None:
        official = write_script(bare_home / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, "exit 1")

        choice = install(bare_layout)

        others = {plugin.name: "embedded" for plugin in EMBEDDED_PLUGINS if plugin is not _RANDOM}
        assert choice.plugins == {"random": "official", **others}
        assert (bare_layout.plugins / _RANDOM.folder / _RANDOM.executable).resolve() == official

    def test_an_official_one_replaces_an_embedded_one_and_is_replaced_when_it_is_gone(
        self, bare_layout: Layout, bare_home: Path, write_script: WriteScript
    ) -> None:
        place = bare_layout.plugins / _RANDOM.folder / _RANDOM.executable
        assert install(bare_layout).plugins["random"] == "embedded"
        assert is_embedded(place)

        official = write_script(bare_home / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, "exit 1")
        assert install(bare_layout).plugins["random"] == "official"
        assert not is_embedded(place)

        official.unlink()
        assert install(bare_layout).plugins["random"] == "embedded"
        assert is_embedded(place)

    def test_another_version_of_an_official_one_does_not_count(
        self, bare_layout: Layout, bare_home: Path, write_script: WriteScript
    ) -> None:
        write_script(bare_home / ".pulumi" / "plugins" / "resource-random-v4.0.0" / _RANDOM.executable, "exit 1")

        assert install(bare_layout).plugins["random"] == "embedded"

    def test_one_installed_into_our_own_home_is_kept(self, bare_layout: Layout, write_script: WriteScript) -> None:
        official = write_script(bare_layout.plugins / _RANDOM.folder / _RANDOM.executable, "exit 1")
        before = official.read_bytes()

        assert install(bare_layout).plugins["random"] == "official"
        assert official.read_bytes() == before

    def test_the_engine_runs_a_linked_official_one(
        self,
        engine_project: EngineProject,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        write_script: WriteScript,
    ) -> None:
        user = tmp_path / "user"
        said = tmp_path / "started"
        write_script(user / ".pulumi" / "plugins" / _RANDOM.folder / _RANDOM.executable, f"touch {said}; exit 1")
        monkeypatch.setenv("HOME", str(user))
        shared = Layout(cache=Layout().cache)
        private = Layout(state=tmp_path / "state", home=tmp_path / "home", cache=shared.cache)
        write_script(built(pulumi_cli(private), private), "exit 1")
        install(private)
        engine_project.environment["PULUMI_HOME"] = str(private.home)
        engine_project.program("import pulumi_random\npulumi_random.RandomId('r', byte_length=4)\n")

        done = engine_project.preview(check=False)

        assert done.exit_code != 0
        assert said.exists()


class TestRepeat:
    def test_a_second_run_changes_no_file(self, bare_layout: Layout) -> None:
        install(bare_layout)
        folders = (bare_layout.state, bare_layout.home)
        before = {path: path.lstat() for folder in folders for path in folder.rglob("*")}

        install(bare_layout)

        after = {path: path.lstat() for folder in folders for path in folder.rglob("*")}
        assert {path: stat.st_mtime_ns for path, stat in after.items()} == {
            path: stat.st_mtime_ns for path, stat in before.items()
        }

    def test_the_choice_is_remembered(self, bare_layout: Layout) -> None:
        assert read_choice(bare_layout) is None

        choice = install(bare_layout)

        assert read_choice(bare_layout) == choice

    def test_the_state_folder_is_the_users_alone(self, bare_layout: Layout) -> None:
        install(bare_layout)

        assert bare_layout.state.stat().st_mode & 0o777 == 0o700
