"""What is in the way: each fault is one clear error, and the machine stays as it was."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from towpath.applier.bootstrap import Sudo, apply_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import Absent, Block, Directory, File, Flags, JsonKeys, TomlKey, TomlKeys


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return make_machine(tmp_path / "root", request.param)


@pytest.fixture
def dash(tmp_path: Path) -> Machine:
    return make_machine(tmp_path / "root", "dash")


DAEMON = JsonKeys("/etc/docker/daemon.json", {"live-restore": True})
DOCUMENT = Document("node", (File("/etc/first", "x\n"), DAEMON))


def refused(machine: Machine, document: Document, reason: str) -> None:
    before = machine.tree()
    outcome = machine.apply(document)
    assert outcome.code == 10, outcome
    assert reason in outcome.err
    assert outcome.err.rstrip().endswith("nothing was changed")
    assert outcome.result.status == "failed"
    assert machine.tree() == before


def test_broken_json_is_named_with_its_line(machine: Machine) -> None:
    machine.write("/etc/docker/daemon.json", '{\n  "a": 1,\n}\n')
    refused(machine, DOCUMENT, "/etc/docker/daemon.json is not valid JSON (line 3); mend the file")


def test_a_file_of_null_characters_is_refused(machine: Machine) -> None:
    machine.write("/etc/docker/daemon.json", b"\x00" * 20)
    refused(machine, DOCUMENT, "/etc/docker/daemon.json has null characters in it")


def test_a_key_that_is_a_flag_too_is_named(dash: Machine) -> None:
    dash.path("/run/systemd/system").mkdir(parents=True)
    dash.fake(
        "systemctl",
        'case "$*" in *"-p ExecStart"*) echo "ExecStart={ path=/d ; argv[]=/d --live-restore=true ; x }";; esac',
    )
    flags = Flags("docker", "dockerd", {"live-restore": "--live-restore"})
    document = Document("node", (JsonKeys(DAEMON.path, DAEMON.keys, flags=flags),))
    refused(dash, document, "dockerd is started with --live-restore, which cannot stand beside live-restore")


def test_a_program_that_refuses_the_new_file_is_quoted(machine: Machine) -> None:
    document = Document(
        "node", (JsonKeys(DAEMON.path, DAEMON.keys, validate='grep -q x "$1" || { echo no x; exit 1; }'),)
    )
    refused(machine, document, "the new /etc/docker/daemon.json does not hold: no x")


def test_a_symbolic_link_is_written_through_and_survives(machine: Machine) -> None:
    machine.write("/opt/shared.json", '{"a": 1}\n', 0o640)
    machine.path("/etc/docker").mkdir()
    machine.path("/etc/docker/daemon.json").symlink_to("../../opt/shared.json")
    before = machine.tree()
    assert machine.apply(DOCUMENT).code == 0
    assert machine.path("/etc/docker/daemon.json").is_symlink()
    assert json.loads(machine.path("/opt/shared.json").read_text()) == {"a": 1, "live-restore": True}
    assert machine.path("/opt/shared.json").stat().st_mode & 0o777 == 0o640
    assert machine.delete("node").code == 0
    assert machine.tree() == before


def test_a_file_that_somebody_made_a_link_of_stays_a_link(machine: Machine) -> None:
    assert machine.apply(DOCUMENT).code == 0
    daemon = machine.path("/etc/docker/daemon.json")
    daemon.rename(machine.path("/etc/docker/shared.json"))
    daemon.symlink_to("shared.json")
    assert machine.apply(DOCUMENT).code == 0
    assert daemon.is_symlink()
    assert json.loads(daemon.read_text()) == {"live-restore": True}
    assert machine.delete("node").code == 0
    assert not machine.path("/etc/docker/shared.json").exists()


@pytest.mark.parametrize("target", ["/dev/null", "/nowhere"])
def test_a_link_to_no_file_is_refused(machine: Machine, target: str) -> None:
    machine.path("/etc/first").symlink_to(target)
    refused(machine, DOCUMENT, "/etc/first is a symbolic link that leads to no regular file")


def test_a_folder_in_the_place_of_a_file_is_refused(machine: Machine) -> None:
    machine.path("/etc/first").mkdir()
    refused(machine, DOCUMENT, "/etc/first is a directory, not a file")


def test_somebody_else_s_file_is_refused_where_it_is_not_to_be_replaced(machine: Machine) -> None:
    machine.write("/etc/first", "theirs\n")
    document = Document("node", (File("/etc/first", "ours\n", replace=False),))
    refused(machine, document, "/etc/first is there already and is not ours")
    machine.write("/etc/first", "ours\n")
    assert machine.apply(document).result.status == "unchanged"
    machine.write("/etc/first", "edited\n")
    assert machine.apply(document).result.status == "changed"


def test_a_missing_runtime_that_is_required_is_named(machine: Machine) -> None:
    refused(machine, Document("node", DOCUMENT.entries, requires=("nosuchd",)), "nosuchd is not on this machine")


def test_an_unknown_owner_is_refused_before_anything_changes(machine: Machine) -> None:
    document = Document("node", (File("/etc/first", "x"), File("/opt/new/second", "y", owner="nobodyhere:root")))
    refused(machine, document, "cannot write /opt/new/second")


def test_a_document_that_was_cut_short_runs_nothing(machine: Machine) -> None:
    before = machine.tree()
    text = stdin(DOCUMENT, Sudo())
    for length in (len(text) - 5, len(text) - 60, text.index("#DOCUMENT") + 12):
        outcome = machine.run(apply_command(Sudo()), text[:length])
        assert outcome.code != 0
        assert machine.tree() == before


def test_a_program_that_was_cut_short_runs_nothing(machine: Machine) -> None:
    before = machine.tree()
    text = stdin(DOCUMENT, Sudo())
    for length in (10, 4000, 20000, text.index("#DOCUMENT") - 20):
        machine.run(apply_command(Sudo()), text[:length])
        assert machine.tree() == before


def test_two_documents_cannot_own_one_file(machine: Machine) -> None:
    assert machine.apply(DOCUMENT).code == 0
    outcome = machine.apply(Document("other", (File("/etc/first", "y"),)))
    assert outcome.code == 10
    assert "/etc/first belongs to the document /var/lib/towpath/node" in outcome.err
    assert machine.apply(Document("other", (JsonKeys(DAEMON.path, {"debug": True}),))).code == 0
    assert json.loads(machine.path(DAEMON.path).read_text()) == {"live-restore": True, "debug": True}
    assert machine.delete("node").code == 0
    assert json.loads(machine.path(DAEMON.path).read_text()) == {"debug": True}
    assert machine.delete("other").code == 0
    assert not machine.path(DAEMON.path).exists()


def mounted(machine: Machine, options: str, command: str, given: str) -> subprocess.CompletedProcess[str]:
    """Run with /etc on a file system of its own, its content kept."""
    script = (
        f'cd "{machine.root}" && mount -t tmpfs -o size=64k tmpfs mnt && cp -a etc/. mnt/ && mount --move mnt etc && '
        f"{options} "
        '"$@"; code=$?; ls -A "$0/etc" | sort; exit $code'
    )
    machine.path("/mnt").mkdir(exist_ok=True)
    inner = machine.argv(command)[2:]
    return subprocess.run(
        ["unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, str(machine.root), *inner],
        input=given, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_read_only_file_system_is_said_and_nothing_is_half_written(machine: Machine) -> None:
    machine.write("/etc/docker/daemon.json", "{}\n")
    document = Document("node", (File("/opt/first", "x"), *DOCUMENT.entries))
    done = mounted(
        machine, f'mount -o remount,ro "{machine.root}/etc" &&', apply_command(Sudo()), stdin(document, Sudo())
    )
    assert done.returncode == 10
    assert "cannot write /etc/first" in done.stderr
    assert "ead-only file system" in done.stderr
    assert not machine.path("/opt/first").exists()
    assert not machine.path("/var/lib/towpath").exists()


def test_a_full_disk_is_said_and_nothing_is_half_written(machine: Machine) -> None:
    machine.write("/etc/first", "before\n")
    document = Document("node", (File("/etc/first", "after\n"), File("/etc/second", "y" * 200_000)))
    done = mounted(machine, "", apply_command(Sudo()), stdin(document, Sudo()))
    assert done.returncode == 10
    assert "cannot write /etc/second" in done.stderr
    assert "o space left on device" in done.stderr
    assert [name for name in done.stdout.splitlines() if "towpath" in name and " " not in name] == []
    assert not machine.path("/var/lib/towpath").exists()


def test_a_file_that_is_a_mount_is_written_in_place(dash: Machine) -> None:
    dash.write("/etc/hosts", "127.0.0.1 localhost\n")
    dash.write("/opt/outside", "127.0.0.1 localhost\n")
    document = Document("node", (Block("/etc/hosts", ("10.0.0.5 registry",)),))
    script = f'mount --bind "{dash.root}/opt/outside" "{dash.root}/etc/hosts" && "$@"'
    done = subprocess.run(
        ["unshare", "-m", "/bin/sh", "-c", script, "x", *dash.argv(apply_command(Sudo()))[2:]],
        input=stdin(document, Sudo()), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "10.0.0.5 registry" in dash.path("/opt/outside").read_text()
    assert dash.path("/etc/hosts").read_text() == "127.0.0.1 localhost\n"
    assert sorted(path.name for path in dash.path("/etc").iterdir()) == ["group", "hosts", "passwd"]


def test_foreign_edits_outlive_a_new_wish_and_the_delete(machine: Machine) -> None:
    machine.write("/etc/docker/daemon.json", '{"log-level": "warn"}\n')
    machine.write("/etc/containerd/config.toml", "version = 2\n")
    toml = TomlKeys("/etc/containerd/config.toml", (TomlKey("plugins.x", "config_path", "'/c'"),))
    assert machine.apply(Document("node", (DAEMON, toml))).code == 0
    machine.write("/etc/docker/daemon.json", '{"log-level": "debug", "live-restore": true, "data-root": "/d"}\n')
    path = machine.path("/etc/containerd/config.toml")
    path.write_text(path.read_text() + "[theirs]\n")
    more = JsonKeys(DAEMON.path, {"live-restore": True, "debug": True})
    assert machine.apply(Document("node", (more, toml))).result.status == "changed"
    assert json.loads(machine.path(DAEMON.path).read_text()) == {
        "log-level": "debug", "live-restore": True, "data-root": "/d", "debug": True,
    }  # fmt: skip
    assert machine.apply(Document("node", (more, toml))).result.status == "unchanged"
    assert machine.delete("node").code == 0
    assert json.loads(machine.path(DAEMON.path).read_text()) == {"log-level": "debug", "data-root": "/d"}
    assert path.read_text() == "version = 2\n[theirs]\n"


def test_a_path_that_the_document_drops_gets_its_content_back(machine: Machine) -> None:
    machine.write("/etc/first", "before\n", 0o600)
    before = machine.tree()
    assert machine.apply(Document("node", (*DOCUMENT.entries, Absent("/etc/gone"), Directory("/srv/d")))).code == 0
    assert machine.apply(Document("node", ())).result.status == "changed"
    after = {name: value for name, value in machine.tree().items() if not name.startswith("var/lib/towpath")}
    assert after == before
    assert machine.delete("node").code == 0
    assert machine.tree() == before
