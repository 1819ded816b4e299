"""A project whose Pulumi CLI is a stand-in: it prints what it is told and notes what it was asked."""

import json
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from towpath.cli.app import main

PASSWORD = "correct-horse-battery"
ENCODED = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"
STATE = {
    "deployment": {
        "resources": [
            {
                "outputs": {
                    "result": {
                        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                        "plaintext": json.dumps(PASSWORD),
                    }
                }
            }
        ]
    }
}
FAKE = f"""#!{sys.executable} -SE
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
words = [word for word in sys.argv[1:] if not word.startswith("--color")]
with (here / "calls").open("a") as calls:
    calls.write(" ".join(words) + "\\n")
answers = json.loads((here / "answers.json").read_text())
for word in words:
    if word.startswith("--event-log=") and "events" in answers:
        pathlib.Path(word.partition("=")[2]).write_text(answers["events"][1])
for start, (status, text) in answers.items():
    if " ".join(words).startswith(start):
        (sys.stderr if status else sys.stdout).write(text)
        sys.exit(status)
sys.exit(99)
"""


@dataclass
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Project:
    """A project of three stacks, and the CLI that knows of two."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capture = capture
        self.folder = folder / "project"
        (self.folder / "stacks").mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text("name: towpath\n")
        self.programs = folder / "bin"
        self.programs.mkdir()
        program = self.programs / "pulumi"
        program.write_text(FAKE)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.answers: dict[str, tuple[int, str]] = {
            "whoami": (0, json.dumps({"user": "x", "url": "s3://state"})),
            "stack ls": (0, json.dumps([{"name": "dev"}, {"name": "prod"}])),
            "stack export": (0, json.dumps(STATE)),
        }
        monkeypatch.setenv("PATH", f"{self.programs}:{os.environ['PATH']}")
        monkeypatch.chdir(self.folder)
        self.stack("dev")
        self.stack("new")
        self.stack("prod", protected=True)

    def stack(self, name: str, **more: object) -> None:
        config: dict[str, object] = {
            "towpath:nodes": {"members": {"a": {"address": "10.0.0.5"}}},
            "towpath:accounts": [{"name": "ci"}],
            **{f"towpath:{key}": value for key, value in more.items()},
        }
        (self.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))
        entries = {key: {"value": json.dumps(value), "objectValue": value} for key, value in config.items()}
        self.answers[f"config --json --show-secrets --stack {name}"] = (0, json.dumps(entries))

    def run(self, *arguments: str) -> Done:
        """Run the command line in this very process, as `python -m towpath` does."""
        (self.programs / "answers.json").write_text(json.dumps(self.answers))
        self.monkeypatch.setattr(sys, "argv", ["towpath", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.capture.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    @property
    def changing_calls(self) -> list[str]:
        calls = self.programs / "calls"
        lines = calls.read_text().splitlines() if calls.is_file() else []
        asking = ("whoami", "stack ls", "stack export", "config ")
        return [line for line in lines if not line.startswith(asking)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, monkeypatch, capsys)
