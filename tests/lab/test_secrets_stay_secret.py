"""No password, hash or key in plain text: not in the state, not in engine logs, process lists or error output."""

import base64
import json
import re
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace

GIVEN = "a-given-password-that-is-easy-to-find"
VERBOSE = ("--logtostderr", "--logflow", "-v=9")
ENGINE_DUMPS = (
    "arshaling property for RPC",
    "resource registration successful:",
    "register resource outputs prepared:",
)


def secrets_of(workspace: StackWorkspace) -> dict[str, str]:
    """Everything secret that this stack made or was given, by a name for the failure message."""
    shown = json.loads(workspace.pulumi("stack", "export", "-s", workspace.stack, "--show-secrets").ok().output)
    found = {"given password": GIVEN}
    for resource in shown["deployment"]["resources"]:
        outputs: dict[str, Any] = resource.get("outputs", {})
        name = resource["urn"].rpartition("::")[2]
        match resource["type"]:
            case "random:index/randomPassword:RandomPassword":
                found[f"{name} result"] = plain(outputs["result"])
                found[f"{name} hash"] = plain(outputs["bcryptHash"])
            case "tls:index/privateKey:PrivateKey":
                found[f"{name} key"] = plain(outputs["privateKeyPem"]).splitlines()[3]
            case "command:remote:Command":
                found |= {f"{name} {key}": value for key, value in in_document(plain(outputs["stdin"])).items()}
            case _:
                pass
    assert len(found) > 8
    return found


def plain(value: Any) -> str:
    """A secret as `--show-secrets` exports it."""
    return str(json.loads(value["plaintext"])) if isinstance(value, dict) else str(value)


def in_document(stdin: str) -> dict[str, str]:
    """The htpasswd hashes that a document carries, encoded and not."""
    encoded = re.findall(r"^content \d+\n((?:[A-Za-z0-9+/=]+\n)+)", stdin, re.MULTILINE)
    texts = [base64.b64decode(each).decode(errors="replace") for each in encoded]
    hashes = [line.split(":")[1] for text in texts for line in text.splitlines() if ":$2b$" in line]
    return {f"hash {number}": hashed for number, hashed in enumerate(hashes)}


def leaks(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets that stand in `text`, plain or in base64."""
    return [
        name
        for name, value in secrets.items()
        if value in text or base64.b64encode(value.encode()).decode().rstrip("=")[:-1] in text
    ]


class ProcessList:
    """Every command line and environment-free argument list that was seen while the context lasted."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def text(self) -> str:
        return "\n".join(sorted(self._seen))

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self._seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


@pytest.fixture
def watched(new_workspace: StackWorkspace) -> StackWorkspace:
    new_workspace.configure(accounts=[{"name": "ci"}, {"name": "given", "bcrypt_cost": 4}])
    new_workspace.set_secret("accounts[1].password", GIVEN)
    return new_workspace


def test_a_whole_life_shows_no_secret(lab: LabAccess, watched: StackWorkspace) -> None:
    """Nodes are containers of this machine, so its process list has theirs too."""
    with ProcessList() as processes:
        shown = {
            "up": watched.up().ok().output,
            "preview": watched.preview().ok().output,
            "refresh": watched.refresh("--diff").ok().output,
        }
    secrets = secrets_of(watched)
    assert "registry-6011" in shown["up"]
    assert "dockerd" in processes.text
    shown |= {
        "processes": processes.text,
        "state": json.dumps(watched.export()),
        "outputs": watched.pulumi("stack", "output", "-s", watched.stack, "--json").ok().output,
    }
    assert {place: found for place, text in shown.items() if (found := leaks(text, secrets))} == {}


def test_verbose_logs_show_none_but_where_the_engine_dumps_properties(watched: StackWorkspace) -> None:
    """From -v=5 on the engine itself prints the properties that pass through it; nothing of ours adds to that."""
    watched.streams_apart = True
    log = (
        watched.up(*VERBOSE).ok().output + watched.preview(*VERBOSE).ok().output + watched.refresh(*VERBOSE).ok().output
    )
    secrets = secrets_of(watched)
    lines = [line for line in log.splitlines() if not any(dump in line for dump in ENGINE_DUMPS)]
    assert len(lines) > 1000
    leaking = [line[:200] for line in lines if leaks(line, secrets)]
    assert leaking == []


def test_forced_failures_show_no_secret(lab: LabAccess, watched: StackWorkspace) -> None:
    watched.up().ok()
    secrets = secrets_of(watched)
    watched.change("registry", image="registry:0.0-missing")
    failed = watched.up()
    assert failed.code != 0
    assert leaks(failed.output, secrets) == []
    assert leaks(json.dumps(watched.export()), secrets) == []


def test_files_on_the_node_are_for_their_reader_alone(lab: LabAccess, watched: StackWorkspace) -> None:
    watched.up().ok()
    secrets = secrets_of(watched)
    wide = "find /etc /var/lib/towpath /data /tmp /run /dev/shm -xdev -type f -perm /044 -size -200k"
    texts = lab.run("node-1", f"{wide} -exec cat {{}} + 2>/dev/null | tr -cd '\\11\\12\\40-\\176'").stdout
    assert "BEGIN CERTIFICATE" in texts
    assert leaks(texts, secrets) == []


def test_a_leak_would_be_found() -> None:
    """The search itself: plain and in base64."""
    secrets = {"one": "correct-horse-battery"}
    assert leaks("… correct-horse-battery …", secrets) == ["one"]
    assert leaks(base64.b64encode(b"correct-horse-battery").decode(), secrets) == ["one"]
    assert leaks("correct-horse", secrets) == []
