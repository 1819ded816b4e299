"""The lab's kubectl: its own kubeconfig, no proxy in between, and a word on whether anything changed."""

from pathlib import Path

import pytest

from lab.cluster.kubectl import Kubectl
from lab.errors import CommandError


def kubectl(tmp_path: Path, script: str) -> Kubectl:
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Kubectl(program, tmp_path / "kubeconfig")


def test_the_kubeconfig_is_given_whatever_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somebody/elses")

    assert kubectl(tmp_path, 'echo "$@"')("get", "pods") == f"--kubeconfig {tmp_path}/kubeconfig get pods\n"


def test_no_proxy_of_this_machine_stands_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")

    assert kubectl(tmp_path, 'echo "$NO_PROXY $no_proxy"')() == "* *\n"


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("storageclass/local unchanged", False),
        ("storageclass/local unchanged\npersistentvolume/a created", True),
        ("storageclass/local configured", True),
    ],
)
def test_apply_tells_whether_anything_changed(tmp_path: Path, said: str, changed: bool) -> None:
    assert kubectl(tmp_path, f"cat >/dev/null; printf '{said}\\n'").apply([{"kind": "PersistentVolume"}]) is changed


def test_objects_are_the_items_of_what_is_listed(tmp_path: Path) -> None:
    assert kubectl(tmp_path, 'echo \'{"items": [{"kind": "Node"}]}\'').objects("nodes") == [{"kind": "Node"}]


def test_a_refusal_is_an_error_with_kubectls_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="forbidden"):
        kubectl(tmp_path, "echo 'pods is forbidden' >&2; exit 1")("get", "pods")


@pytest.mark.parametrize(("status", "answers"), [(0, True), (1, False)])
def test_an_api_that_is_not_ready_does_not_answer(tmp_path: Path, status: int, answers: bool) -> None:
    assert kubectl(tmp_path, f"exit {status}").answers() is answers
