"""File backends and their state files."""

import gzip
import json
from pathlib import Path

import pytest

from engine.state import backend_folder, has_pending_operations


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:///var/state", "/var/state"),
        ("file:///var/my%20state?no_tmp_dir=true", "/var/my state"),
        ("file://~/state", "HOME/state"),
        ("file://~", "HOME"),
        ("file://./state", "/project/state"),
        ("s3://bucket", None),
        ("https://api.pulumi.com", None),
        ("", None),
    ],
)
def test_a_backend_url_becomes_its_folder(url: str, folder: str | None) -> None:
    expected = None if folder is None else Path(folder.replace("HOME", str(Path.home())))
    assert backend_folder(url, Path("/project")) == expected


def _state(backend: Path, name: str, latest: object) -> Path:
    file = backend / ".pulumi" / "stacks" / "towpath" / name
    file.parent.mkdir(parents=True)
    text = json.dumps({"version": 3, "checkpoint": {"stack": "lab", "latest": latest}}).encode()
    file.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return file


@pytest.mark.parametrize("name", ["lab.json", "lab.json.gz"])
@pytest.mark.parametrize(
    ("latest", "pending"),
    [
        ({"pending_operations": [{"type": "creating"}]}, True),
        ({"pending_operations": []}, False),
        ({}, False),
        (None, False),
    ],
)
def test_pending_operations_are_found(tmp_path: Path, name: str, latest: object, *, pending: bool) -> None:
    _state(tmp_path, name, latest)

    assert has_pending_operations(tmp_path, "towpath", "lab") == pending


def test_a_stack_without_state_has_none(tmp_path: Path) -> None:
    assert not has_pending_operations(tmp_path, "towpath", "lab")


def test_a_broken_state_is_an_error(tmp_path: Path) -> None:
    _state(tmp_path, "lab.json", {}).write_text("{")

    with pytest.raises(ValueError, match="Expecting"):
        has_pending_operations(tmp_path, "towpath", "lab")
