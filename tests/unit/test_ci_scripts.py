"""The scripts that the workflows call, with stand-ins for what they call themselves."""

import json
import os
import shutil
import stat
import subprocess
import sys
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
printf '%s\\n' "$*" >>$HERE/calls
case "$*" in *DRIFT=1*) verb=drift;; *) verb=preview;; esac
for word in "$@"; do case $word in
EVENTS=*) [ -e $HERE/silent ] || cp $HERE/events "${word#EVENTS=}";;
esac; done
echo "$verb to the log"; echo "$verb went wrong" >&2; exit $(cat $HERE/$verb.status)
"""
EVENTS = {"summaryEvent": {"result": "succeeded", "durationSeconds": 1, "resourceChanges": {}}}


@pytest.fixture
def previewed(checkout: Path) -> Path:
    """A checkout whose previews succeed, as `make` tells it."""
    stand_in(checkout, "make", MAKE)
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout / "towpath").symlink_to(SCRIPTS.parent / "towpath")
    (checkout.parent / "events").write_text(json.dumps(EVENTS) + "\n")
    for verb in ("preview", "drift"):
        (checkout.parent / f"{verb}.status").write_text("0")
    return checkout


def test_drift_and_change_come_from_one_preview(previewed: Path) -> None:
    done = run(previewed, "preview", "dev")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## Preview")
    assert "went wrong" not in done.stdout
    assert "drift to the log" in done.stderr
    (call,) = (previewed.parent / "calls").read_text().splitlines()
    assert call.endswith("DRIFT=1")


def test_a_machine_that_cannot_be_asked_leaves_the_rest_of_the_report(previewed: Path) -> None:
    (previewed.parent / "drift.status").write_text("2")
    done = run(previewed, "preview", "dev")
    assert done.returncode == 0
    assert done.stdout.startswith("## Preview")
    assert "<summary>Drift could not be looked for</summary>" in done.stdout
    assert "drift went wrong" in done.stdout
    assert "preview to the log" in done.stderr


def test_a_plan_is_saved_of_what_the_state_says(previewed: Path) -> None:
    assert run(previewed, "preview", "prod", "plan/prod.json").returncode == 0
    (call,) = (previewed.parent / "calls").read_text().splitlines()
    assert "PLAN=plan/prod.json" in call
    assert "DRIFT" not in call


@pytest.mark.parametrize("plan", [(), ("plan.json",)])
def test_a_report_comes_out_of_a_preview_that_never_began(previewed: Path, plan: tuple[str, ...]) -> None:
    (previewed.parent / "silent").touch()
    for verb in ("preview", "drift"):
        (previewed.parent / f"{verb}.status").write_text("2")
    done = run(previewed, "preview", "dev", *plan)
    assert done.returncode == 2
    assert done.stdout.startswith("## Preview of `dev`\n\n**There is none: it failed before it began.**\n")
    assert "preview went wrong" in done.stdout


def test_errors_fit_into_a_comment(previewed: Path) -> None:
    stand_in(previewed, "make", "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 2")
    done = run(previewed, "preview", "dev")
    assert 5_000 < len(done.stdout) < 6_000


def test_a_long_report_leaves_room_for_errors_and_the_mark(previewed: Path) -> None:
    said = [{"diagnosticEvent": {"severity": "warning", "message": f"{number} " + "x" * 1_000}} for number in range(99)]
    (previewed.parent / "events").write_text("\n".join(map(json.dumps, (*said, EVENTS))))
    stand_in(previewed, "make", MAKE.replace("went wrong", "$(head -c 9000 /dev/zero | tr '\\0' x)"))
    (previewed.parent / "drift.status").write_text("2")
    done = run(previewed, "preview", "dev", GITLAB_CI="")
    assert "left out, to fit in a comment" in done.stdout
    assert 60_000 < len(done.stdout) < 65_400
    assert "left out" not in run(previewed, "preview", "dev", GITLAB_CI="true").stdout


GH = """
echo "$*" >>$HERE/calls
case "$*" in
*--paginate*) cat $HERE/comments.json;;
*--input*) cat "${@: -1}" >$HERE/sent.json;;
esac
"""
BY_OTHERS = {"id": 1, "user": {"type": "Bot"}, "body": "a quote of <!-- towpath: preview dev -->"}
FORGED = {"id": 3, "user": {"type": "User"}, "body": "<!-- towpath: preview dev -->\nlooks good"}


def ours(stack: str) -> dict[str, object]:
    return {"id": 2, "user": {"type": "Bot"}, "body": f"<!-- towpath: preview {stack} -->\nold"}


@pytest.mark.parametrize(
    ("comments", "wanted"),
    [
        ([[BY_OTHERS]], "api --method POST repos/o/r/issues/7/comments"),
        ([[BY_OTHERS], [ours("dev")]], "api --method PATCH repos/o/r/issues/comments/2"),
        ([[FORGED, ours("dev")]], "api --method PATCH repos/o/r/issues/comments/2"),
        ([[FORGED]], "api --method POST repos/o/r/issues/7/comments"),
        ([[ours("prod")]], "api --method POST repos/o/r/issues/7/comments"),
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
*/user) echo '{"id": 4}';;
*page=1) cat $HERE/first;;
*page=2) cat $HERE/second;;
esac
"""
GITLAB = {"CI_API_V4_URL": "https://gitlab.test/api/v4", "CI_PROJECT_ID": "5", "TOWPATH_NOTES_TOKEN": "hunter2"}


OTHERS = [{"id": number, "author": {"id": 3}, "body": "by others"} for number in range(100)]


def note(author: int) -> dict[str, object]:
    return {"id": 900 + author, "author": {"id": author}, "body": "<!-- towpath: x -->\nold"}


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ([], [], "--request POST"),
        ([note(4)], [], "--request PUT"),
        (OTHERS, [note(4)], "--request PUT"),
        ([note(3)], [], "--request POST"),
    ],
)
def test_a_note_is_edited_not_repeated(checkout: Path, first: list[object], second: list[object], wanted: str) -> None:
    stand_in(checkout, "curl", CURL)
    for name, notes in (("first", first), ("second", second)):
        (checkout.parent / name).write_text(json.dumps(notes))
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


@pytest.mark.parametrize("body", ["", "{}", "null", "<html>log in</html>"])
def test_an_answer_that_is_no_list_is_not_an_empty_one(checkout: Path, body: str) -> None:
    stand_in(checkout, "curl", f"printf 'HTTP/2 200\\r\\nx-next-page: \\r\\n\\r\\n%s' '{body}'")
    done = run(checkout, "merge-requests", **GITLAB)
    assert done.returncode != 0
    assert done.stdout == ""


def test_no_open_merge_request_is_an_empty_list(checkout: Path) -> None:
    stand_in(checkout, "curl", "printf 'HTTP/2 200\\r\\nx-next-page: \\r\\n\\r\\n[]'")
    done = run(checkout, "merge-requests", **GITLAB)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
