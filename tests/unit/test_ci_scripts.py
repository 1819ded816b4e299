"""The scripts that the workflows call, with stand-ins for what they call themselves."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / ".ci"
NAMES = sorted(path.name for path in SCRIPTS.iterdir() if path.is_file())


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the scripts in a checkout of their own, and a folder for stand-ins that is first on PATH."""
    folder = tmp_path / "checkout"
    shutil.copytree(SCRIPTS, folder / ".ci")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("HERE", str(tmp_path))
    return folder


def stand_in(checkout: Path, name: str, text: str) -> None:
    program = checkout.parent / "bin" / name
    program.write_text(f"#!/bin/bash\n{text}\n")
    program.chmod(0o755)


def run(
    checkout: Path, name: str, *arguments: str, text: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / ".ci" / name, *arguments],
        input=text,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_shellcheck_finds_nothing(name: str) -> None:
    done = subprocess.run(["shellcheck", SCRIPTS / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_credentials_are_for_nobody_else(checkout: Path) -> None:
    assert run(checkout, "credentials", TOWPATH_SSH_KEY="KEY", TOWPATH_KUBECONFIG="").returncode == 0
    key = checkout / ".towpath" / "ssh" / "id_ed25519"
    assert key.read_text() == "KEY\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not (checkout / ".towpath" / "kubeconfig").exists()


MAKE = """
verb=$1; status=$(cat $HERE/$verb.status)
for word in "$@"; do case $word in OUTPUT=*) echo "$verb says" >"${word#OUTPUT=}";; esac; done
echo "$verb to the log"; echo "$verb went wrong" >&2; exit $status
"""


@pytest.mark.parametrize(
    ("preview", "drift", "title", "shows_errors"),
    [
        (0, 0, "### Stack `dev`: previewed; nothing drifted\n", False),
        (2, 0, "### Stack `dev`: **the preview failed, what is below is not whole**; nothing drifted\n", True),
        (0, 2, "### Stack `dev`: previewed; **it drifted, or could not be asked**\n", True),
    ],
)
def test_a_report_comes_out_whatever_happens(
    checkout: Path, preview: int, drift: int, title: str, shows_errors: bool
) -> None:
    stand_in(checkout, "make", MAKE)
    (checkout.parent / "preview.status").write_text(str(preview))
    (checkout.parent / "drift.status").write_text(str(drift))
    done = run(checkout, "preview", "dev")
    assert done.returncode == preview
    assert done.stdout.startswith(title)
    assert done.stdout.index("preview says") < done.stdout.index("drift says")
    assert ("preview went wrong" in done.stdout) is shows_errors
    assert "to the log" not in done.stdout
    assert "preview to the log" in done.stderr


def test_a_report_fits_into_a_comment(checkout: Path) -> None:
    stand_in(checkout, "make", MAKE.replace('echo "$verb says"', "head -c 100000 /dev/zero | tr '\\\\0' x"))
    for verb in ("preview", "drift"):
        (checkout.parent / f"{verb}.status").write_text("1")
    done = run(checkout, "preview", "dev")
    assert 50_000 < len(done.stdout) < 65_536
    assert "… the rest is in the log of the job" in done.stdout


GH = """
echo "$*" >>$HERE/calls
case "$*" in
*--paginate*) cat $HERE/comments.json;;
*--input*) cat "${@: -1}" >$HERE/sent.json;;
esac
"""
BY_OTHERS = {"id": 1, "body": "a quote of <!-- towpath: preview dev -->"}


@pytest.mark.parametrize(
    ("comments", "wanted"),
    [
        ([[BY_OTHERS]], "api --method POST repos/o/r/issues/7/comments"),
        (
            [[BY_OTHERS], [{"id": 2, "body": "<!-- towpath: preview dev -->\nold"}]],
            "api --method PATCH repos/o/r/issues/comments/2",
        ),
        ([[{"id": 2, "body": "<!-- towpath: preview prod -->\nold"}]], "api --method POST repos/o/r/issues/7/comments"),
    ],
)
def test_a_comment_is_edited_not_repeated(checkout: Path, comments: list[object], wanted: str) -> None:
    stand_in(checkout, "gh", GH)
    (checkout.parent / "comments.json").write_text("\n".join(json.dumps(page) for page in comments))
    done = run(checkout, "comment", "7", "preview dev", text='new "text"\n', GH_REPO="o/r")
    assert done.returncode == 0, done.stderr
    assert wanted in (checkout.parent / "calls").read_text()
    sent = json.loads((checkout.parent / "sent.json").read_text())
    assert sent == {"body": '<!-- towpath: preview dev -->\nnew "text"\n'}


CURL = """
printf '%s\\n' "$*" >>$HERE/calls
config=; for word in "$@"; do [ "$previous" = --config ] && config=$(cat "$word"); previous=$word; done
[ "$config" = 'header = "PRIVATE-TOKEN: hunter2"' ] || exit 22
case "$*" in
*--data-binary*) for word in "$@"; do case $word in @*) cp "${word#@}" $HERE/sent.json;; esac; done;;
*) cat $HERE/answer;;
esac
"""
GITLAB = {"CI_API_V4_URL": "https://gitlab.test/api/v4", "CI_PROJECT_ID": "5", "TOWPATH_NOTES_TOKEN": "hunter2"}


@pytest.mark.parametrize(("notes", "wanted"), [([], "--request POST"), ([9], "--request PUT")])
def test_a_note_is_edited_not_repeated(checkout: Path, notes: list[int], wanted: str) -> None:
    stand_in(checkout, "curl", CURL)
    answer = [{"id": 1, "body": "by others"}, *({"id": each, "body": "<!-- towpath: x -->\nold"} for each in notes)]
    (checkout.parent / "answer").write_text(json.dumps(answer))
    done = run(checkout, "note", "7", "x", text="new\n", **GITLAB)
    assert done.returncode == 0, done.stderr
    calls = (checkout.parent / "calls").read_text()
    assert wanted in calls
    assert "hunter2" not in calls
    assert json.loads((checkout.parent / "sent.json").read_text()) == {"body": "<!-- towpath: x -->\nnew\n"}


MERGE_REQUESTS = """
case "$*" in
*page=1) printf 'HTTP/2 200\\r\\nX-Next-Page: 2\\r\\n\\r\\n[{"iid": 12}, {"iid": 15}]';;
*page=2) [ -e $HERE/broken ] && exit 22; printf 'HTTP/2 200\\r\\nx-next-page: \\r\\n\\r\\n[{"iid": 20}]';;
esac
"""


def test_all_pages_of_merge_requests_are_read_or_none(checkout: Path) -> None:
    stand_in(checkout, "curl", MERGE_REQUESTS)
    done = run(checkout, "merge-requests", **GITLAB)
    assert done.stdout.split() == ["12", "15", "20"]
    (checkout.parent / "broken").touch()
    broken = run(checkout, "merge-requests", **GITLAB)
    assert broken.returncode != 0
    assert broken.stdout == ""
