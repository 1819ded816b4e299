"""No spelling of a secret survives, and ordinary text does."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.delivery.redactor import Redactor

SECRET = 'p4ss<&word>/+\\"ü1'
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcw\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_each_spelling_goes(written: str) -> None:
    line = f"error: got {written} instead\n"
    shown = Redactor([SECRET]).line(line)
    assert "[secret]" in shown
    assert "p4ss" not in shown
    assert shown.startswith("error: got ")
    assert shown.endswith(" instead\n")


@given(st.text(min_size=8), st.binary(max_size=12), st.binary(max_size=12))
def test_no_place_inside_of_base64_shows_it(secret: str, before: bytes, after: bytes) -> None:
    if not secret.strip():
        return
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    for text in (encoded, encoded.replace("+", "-").replace("/", "_")):
        shown = Redactor([secret]).line(text)
        assert "[secret]" in shown


LONG = st.text(min_size=9).filter(str.strip)


@given(st.lists(LONG, min_size=1), st.text())
def test_no_secret_is_left(secrets: list[str], around: str) -> None:
    redactor = Redactor(secrets)
    for secret in secrets:
        shown = redactor.line(f"{around}\0{secret}\0{around}")
        assert f"\0{secret}\0" not in shown


def test_each_line_of_a_key_goes() -> None:
    redactor = Redactor([PEM])
    shown = "".join(redactor.line(line) for line in PEM.splitlines(keepends=True))
    assert "MII" not in shown
    assert "9w0" not in shown
    assert "[secret]" in Redactor([PEM]).line(json.dumps({"key": PEM}))


def test_the_longer_secret_goes_whole() -> None:
    assert Redactor(["abcdef", "abcdefgh"]).line("abcdefgh!") == "[secret]!"


def test_a_plan_that_no_longer_matches_names_no_value() -> None:
    """The engine's words (step_generator.go, plan.go), with a password that was made a moment ago."""
    line = "error: resource urn:x violates plan: properties changed: +-[result][{old}!={made-just-now}]\n"
    assert Redactor([]).line(line) == "error: resource urn:x violates plan: properties changed: [secret]\n"


def test_such_a_value_of_several_lines_goes_too() -> None:
    redactor = Redactor([])
    lines = ["x violates plan: properties changed: ~key[{old", "new-key-line", "more}!={z}]", "next"]
    assert [redactor.line(f"{line}\n") for line in lines][1:] == ["", "", "next\n"]
    lines = ["x violates plan: properties changed: -=key", "next"]
    assert [redactor.line(f"{line}\n") for line in lines][1:] == ["next\n"]


def test_ordinary_text_is_left_alone() -> None:
    line = "~ update node-1 10.20.0.11: /etc/docker/daemon.json registry/app@sha256:0123 https://registry:5000/\n"
    assert Redactor([SECRET, PEM, "", " \n"]).line(line) == line
    assert Redactor([]).line(line) == line
