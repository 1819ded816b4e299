"""The applier's request to a registry: verified, authorised, by curl and by openssl."""

import base64
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.self_signed import certificate_for
from towpath.applier.actors import HttpsCheck
from towpath.applier.container_lines import check_lines
from towpath.applier.program import program

PASSWORD = "pw with 'odd\" $characters"
EXPECTED = "Basic " + base64.b64encode(f"u:{PASSWORD}".encode()).decode()


class Registry(BaseHTTPRequestHandler):
    """Answers 200 to whoever has the password, 401 to others."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers.get("Authorization") == EXPECTED else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Served:
    """A server and what is needed to ask it."""

    check: HttpsCheck
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    certificate, key = certificate_for("10.11.12.13")
    other, _ = certificate_for("10.11.12.13")
    for name, text in (("ca.pem", certificate), ("key.pem", key), ("other.pem", other)):
        (folder / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    port = server.server_address[1]
    yield Served(HttpsCheck("10.11.12.13", port, str(folder / "ca.pem"), user="u", password=PASSWORD), folder)
    server.shutdown()
    thread.join()
    server.server_close()


def answers(tmp_path: Path, shell: str, tool: str, check: HttpsCheck, expected: str = "200") -> tuple[bool, str]:
    """Run the applier's own functions with no more than one of the tools on PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sed", "timeout", "cat", "uname", "mktemp", "rm", "awk", "grep", tool):
        (tools / name).symlink_to(shutil.which(name) or "/nowhere")
    work = tmp_path / "work"
    (work / "content").mkdir(parents=True)
    (work / "content/1").write_text(check_lines(check))
    (work / "content/2").write_text(check.authorization or "")
    functions = program().replace('main "$@"\nexit\n', "")
    script = (
        f"{functions}\nPATH={tools} work={work} current={work} https=1 auth=2\n"
        f'if https_answers {expected}; then echo yes; else echo no; cat "$work/output"; fi\n'
    )
    done = subprocess.run([*shell.split(), "-s"], input=script, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    verdict, _, reason = done.stdout.partition("\n")
    return verdict == "yes", reason


tools = pytest.mark.parametrize("tool", ["curl", "openssl"])
shells = pytest.mark.parametrize("shell", ["dash", "bash", "busybox ash"])


@tools
@shells
def test_the_right_password_and_ca_pass(tmp_path: Path, served: Served, shell: str, tool: str) -> None:
    assert answers(tmp_path, shell, tool, served.check) == (True, "")


@tools
@shells
def test_a_wrong_password_is_said_and_still_counts_as_any_answer(
    tmp_path: Path, served: Served, shell: str, tool: str
) -> None:
    wrong = replace(served.check, password="wrong")
    passed, reason = answers(tmp_path, shell, tool, wrong)
    assert not passed
    assert "it answers 401 to /v2/_catalog" in reason
    (tmp_path / "any").mkdir()
    assert answers(tmp_path / "any", shell, tool, wrong, "any")[0]


@tools
@pytest.mark.parametrize("expected", ["200", "any"])
def test_another_ca_fails(tmp_path: Path, served: Served, tool: str, expected: str) -> None:
    passed, reason = answers(
        tmp_path, "dash", tool, replace(served.check, ca=str(served.folder / "other.pem")), expected
    )
    assert not passed
    assert "certificate" in reason


@tools
@pytest.mark.parametrize("server", ["10.11.12.14", "registry.test", "fe80::1"])
def test_another_name_fails(tmp_path: Path, served: Served, tool: str, server: str) -> None:
    assert not answers(tmp_path, "dash", tool, replace(served.check, server=server), "any")[0]


@tools
def test_nobody_there_fails(tmp_path: Path, served: Served, tool: str) -> None:
    passed, reason = answers(tmp_path, "dash", tool, replace(served.check, port=1), "any")
    assert not passed
    assert reason


def test_without_either_tool_that_is_said(tmp_path: Path, served: Served) -> None:
    passed, reason = answers(tmp_path, "dash", "true", served.check)
    assert not passed
    assert "neither curl nor openssl" in reason
