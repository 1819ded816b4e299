"""Logins at registries of providers: what commands print, when tokens end, what errors say."""

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.external.answers import read_answer
from towpath.external.errors import ExternalLoginError
from towpath.external.expiry import token_expiry
from towpath.external.helper import redacted, run_helper
from towpath.external.login import is_due, obtain

ENDS = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKEN = "ey" + "J0b2tlbiI6InNlY3JldCJ9" * 3


def jwt(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.c2ln"


def script(folder: Path, text: str) -> str:
    """A program of this interpreter's."""
    path = folder / "helper"
    path.write_text(f"#!{sys.executable}\nimport sys, time, json\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "kind", "username", "wanted"),
    [
        ('{"ServerURL": "x", "Username": "u", "Secret": "p"}', "docker-helper", None, ("u", "p")),
        ('{"username": "u", "password": "p"}', "json", None, ("u", "p")),
        ('{"accessToken": "p", "loginServer": "x"}', "json", "fixed", ("fixed", "p")),
        ("u p\n", "pair", None, ("u", "p")),
        ("p q\n", "password", "AWS", ("AWS", "p q")),
    ],
)
def test_each_kind_of_answer_is_a_login(text: str, kind: Any, username: str | None, wanted: tuple[str, str]) -> None:
    found = read_answer(text, kind, username)
    assert (found.username, found.password) == wanted
    assert "p q" not in repr(found)
    assert "'p'" not in repr(found)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("", "password", "printed nothing"),
        ("sesame-sesame", "json", "something else than a JSON object"),
        ('["sesame"]', "docker-helper", "something else than a JSON object"),
        ('{"Username": "sesame"}', "docker-helper", "without a password"),
        ('{"Secret": "sesame"}', "docker-helper", "no user name"),
        ("one sesame three", "pair", "USER PASSWORD"),
        ("sesame\nsesame", "password", "line break"),
        ("sesame" * 20_000, "password", "more than 65536"),
    ],
)
def test_rubbish_is_refused_without_showing_it(text: str, kind: Any, says: str) -> None:
    with pytest.raises(ExternalLoginError, match=says) as caught:
        read_answer(text, kind, "AWS" if kind == "password" else None)
    assert "sesame" not in str(caught.value)


@given(st.text(max_size=200), st.sampled_from(["docker-helper", "json", "pair", "password"]))
def test_any_text_is_a_login_or_a_refusal(text: str, kind: Any) -> None:
    try:
        found = read_answer(text, kind, None)
    except ExternalLoginError:
        return
    assert found.username
    assert found.password


def test_the_end_of_a_token_is_read_from_it() -> None:
    assert token_expiry(jwt(exp=ENDS.timestamp())) == ENDS
    ecr = base64.b64encode(json.dumps({"payload": "x", "expiration": int(ENDS.timestamp())}).encode()).decode()
    assert token_expiry(ecr) == ENDS
    assert token_expiry("ghp_x") is None
    assert token_expiry("a.b.c") is None
    assert read_answer('{"Username":"u","Secret":"p","ExpiresAt":"2030-01-02T03:04:05Z"}', "json", None).expires == ENDS


@given(st.text())
def test_any_token_has_an_end_or_none(token: str) -> None:
    token_expiry(token)
    token_expiry(f"a.{token}.b")


def test_a_docker_helper_is_asked_as_docker_asks_it(tmp_path: Path) -> None:
    program = script(tmp_path, "print(json.dumps({'Username': sys.argv[1], 'Secret': sys.stdin.read()}))")
    found = run_helper("docker.io", [program], "docker-helper", None, 120)
    assert (found.username, found.password) == ("get", "https://index.docker.io/v1/")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"print('out-{TOKEN}'); sys.exit('no session for {TOKEN}, password=open')", "ended with 1; it said: no"),
        ("time.sleep(60)", "did not end within 1 s"),
        ("sys.stdout.buffer.write(bytes([255, 254]))", "something else than text"),
        (f"print('{TOKEN} {TOKEN} {TOKEN}')", "USER PASSWORD"),
    ],
)
def test_a_failing_command_is_named_with_its_setting_and_no_token(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ExternalLoginError, match=says) as caught:
        run_helper("ghcr.io", [script(tmp_path, text)], "pair", None, 1 if "sleep" in text else 120)
    message = str(caught.value)
    assert message.startswith("towpath:external_registries.ghcr.io.command: helper ")
    assert TOKEN not in message
    assert "open" not in message


def test_a_missing_program_is_said() -> None:
    with pytest.raises(ExternalLoginError, match="no-such-helper cannot be run where Pulumi runs"):
        run_helper("ghcr.io", ["/no-such-helper"], "pair", None, 5)


def test_words_and_paths_stay_readable_where_tokens_go() -> None:
    assert redacted(b"Unable to locate credentials\n") == "Unable to locate credentials"
    assert redacted(b"An error occurred (ExpiredTokenException)") == "An error occurred (ExpiredTokenException)"
    assert redacted(f"Bearer {TOKEN}".encode()) == "Bearer [redacted]"


def test_a_token_is_kept_until_its_share_is_over(tmp_path: Path) -> None:
    inputs = {
        "host": "ghcr.io",
        "command": [script(tmp_path, "print('u p')")],
        "answer": "pair",
        "lifetime_minutes": 60.0,
        "timeout_seconds": 20.0,
    }
    got = obtain(inputs, ENDS)
    assert got == {
        "username": "u",
        "password": "p",
        "obtained": "2030-01-02T03:04:05Z",
        "expires": "2030-01-02T04:04:05Z",
    }
    assert not is_due(got["obtained"], got["expires"], 50, ENDS + timedelta(minutes=29))
    assert is_due(got["obtained"], got["expires"], 50, ENDS + timedelta(minutes=30))
    assert not is_due(got["obtained"], "", 50, ENDS + timedelta(days=999))
