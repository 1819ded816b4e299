"""Towpath as a package: what the wheel holds, and programs of strangers that use it, by the real engine."""

import json
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from cryptography import x509

from engine.languages import install_languages
from engine.layout import Layout
from tests.engine.strangers import CHECKOUT, settle

# The first run on a machine builds hosts of languages.
pytestmark = pytest.mark.timeout(1800)
GOLDEN = CHECKOUT / "tests" / "engine" / "fixtures" / "package_schema.json"


@dataclass(frozen=True)
class Stranger:
    """A folder with the examples, and the engine."""

    folder: Path
    python: Path
    environment: dict[str, str]

    def pulumi(self, example: str, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Run the CLI in an example's folder; returns both streams."""
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=self.folder / example,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def stranger(
    tmp_path_factory: pytest.TempPathFactory, engine_layout: Layout, engine_environment: dict[str, str]
) -> Stranger:
    """Everything installed, with a backend of its own."""
    folder = tmp_path_factory.mktemp("stranger") / "examples"
    install_languages(engine_layout, ["go", "nodejs", "yaml"])
    python = settle(folder)
    backend = folder / "state"
    backend.mkdir()
    return Stranger(folder, python, {**engine_environment, "PULUMI_BACKEND_URL": f"file://{backend}"})


class TestWheel:
    def test_it_holds_every_file_of_both_packages(self, stranger: Stranger) -> None:
        (wheel,) = (stranger.folder / "wheels").glob("towpath-*.whl")
        held = set(zipfile.ZipFile(wheel).namelist())

        listed = {
            str(file.relative_to(CHECKOUT))
            for package in ("towpath", "components")
            for file in (CHECKOUT / package).rglob("*")
            if file.suffix in {".awk", ".py", ".sh", ".typed"}
        }
        assert {"towpath/py.typed", "components/py.typed", "towpath/applier/script/main.sh"} <= held
        assert listed <= held

    def test_it_is_imported_from_there_alone(self, stranger: Stranger) -> None:
        program = "import components, towpath; print(components.__file__, towpath.__file__)"
        done = subprocess.run(
            [stranger.python, "-c", program], cwd=stranger.folder, capture_output=True, text=True, check=True
        )

        assert all(place.startswith(str(stranger.folder / ".venv")) for place in done.stdout.split())

    def test_what_is_public_can_be_had(self, stranger: Stranger) -> None:
        program = "import components; print([getattr(components, name).__name__ for name in components.__all__])"
        done = subprocess.run(
            [stranger.python, "-c", program], cwd=stranger.folder, capture_output=True, text=True, check=True
        )

        assert done.stdout.strip() == "['Certificates', 'Credentials', 'Environment', 'EnvironmentArgs']"


class TestPython:
    def test_parts_work_in_a_program_of_a_stranger(self, stranger: Stranger) -> None:
        stranger.pulumi("python", "stack", "init", "test")
        stranger.pulumi("python", "config", "set", "host", "registry.example.com")

        stranger.pulumi("python", "up", "--yes", "--skip-preview")

        outputs = json.loads(stranger.pulumi("python", "stack", "output", "--json", "--show-secrets"))
        leaf = x509.load_pem_x509_certificates(outputs["chain_pem"].encode())[0]
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(outputs["ca_pem"].encode()))
        hashes = dict(line.split(":", 1) for line in outputs["htpasswd"].split())
        for login in outputs["logins"].values():
            assert bcrypt.checkpw(login["password"].encode(), hashes[login["username"]].encode())
        state = stranger.pulumi("python", "stack", "export")
        assert not any(login["password"] in state for login in outputs["logins"].values())
        stranger.pulumi("python", "preview", "--expect-no-changes")
        stranger.pulumi("python", "destroy", "--yes", "--skip-preview")


class TestSchema:
    def test_it_is_what_programs_in_other_languages_were_written_for(self, stranger: Stranger) -> None:
        """A changed schema is a changed interface: write the golden file anew, and say so in CHANGELOG.md."""
        schema = json.loads(stranger.pulumi("provider", "package", "get-schema", str(stranger.folder / "provider")))

        assert schema == json.loads(GOLDEN.read_text())

    @pytest.mark.parametrize(
        ("language", "file", "expected"),
        [
            ("go", "towpath/environment.go", "func NewEnvironment(ctx *pulumi.Context,"),
            ("nodejs", "environment.ts", "export class Environment extends pulumi.ComponentResource {"),
        ],
    )
    def test_an_sdk_is_written_from_it(self, stranger: Stranger, language: str, file: str, expected: str) -> None:
        folder = stranger.folder / "sdks"
        plugin = str(stranger.folder / "provider")

        stranger.pulumi("provider", "package", "gen-sdk", plugin, "--language", language, "--out", str(folder))

        assert expected in (folder / language / file).read_text()


YAML_STACK = """
name: settings
runtime: {{name: yaml, options: {{virtualenv: ../.venv}}}}
plugins: {{providers: [{{name: towpath, path: ../provider}}]}}
resources:
  pulling:
    type: towpath:index:Environment
    properties: {properties}
"""


@pytest.fixture
def refused(stranger: Stranger) -> Callable[[dict[str, Any]], str]:
    """Preview an environment with settings that do not hold; returns what is said."""

    def preview(properties: dict[str, Any]) -> str:
        folder = stranger.folder / "settings"
        folder.mkdir(exist_ok=True)
        (folder / "Pulumi.yaml").write_text(YAML_STACK.format(properties=json.dumps(properties)))
        stranger.pulumi("settings", "stack", "select", "--create", "test")
        said = stranger.pulumi("settings", "preview", "--non-interactive", "--color=never", check=False)
        assert "1 errored" in said
        return said

    return preview


class TestSettings:
    def test_all_that_is_to_mend_is_said_at_once_without_a_trace_or_a_secret(
        self, refused: Callable[[dict[str, Any]], str]
    ) -> None:
        members = {"build-1": {"adress": "10.0.0.5"}}
        accounts = [{"name": "ci", "password": {"fn::secret": "line-1\nline-2"}}]
        said = refused({"nodes": {"members": members}, "registry": {"port": 99999}, "accounts": accounts})

        assert "towpath:nodes.members.build-1.adress: unknown key; did you mean 'address'?" in said
        assert "towpath:registry.port = 99999: is not a port" in said
        assert "towpath:accounts[0].password: has a line break" in said
        assert not any(word in said for word in ("Traceback", "environment.py", "line-2"))
