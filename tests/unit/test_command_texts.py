"""Pure parts of the command plugin that make or change text: globs, quoting, redaction, transcript, environment."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plugins.command import environment, globs
from engine.plugins.command.quoting import quote
from engine.plugins.command.redaction import MASK, Redactor
from engine.plugins.command.transcript import LONGEST_LINE, STREAMS, TAIL_BYTES, Stream, Transcript


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.txt", ["a.txt", ".txt"], ["a/b.txt", "a.txtx", "atxt"]),
        ("**.js", ["a.js", "src/deep/a.js"], ["a.ts"]),
        ("src/**", ["src/a", "src/a/b"], ["src", "asrc/a"]),
        ("?.c", ["a.c", "é.c"], ["ab.c", "/.c"]),
        ("[abc]1", ["a1", "c1"], ["d1", "^1"]),
        ("[a-c]1", ["b1"], ["d1", "-1"]),
        ("[!a-c]1", ["d1", "!1"], ["b1"]),
        ("[^a]1", ["^1", "a1"], ["b1"]),
        ("{a,b*}.x", ["a.x", "b.x", "bcd.x"], ["c.x", "ab.x", "b/c.x"]),
        ("{a,{b,c}d}", ["a", "bd", "cd"], ["b", "ad"]),
        (r"\*\{\[", ["*{["], ["a{["]),
        ("a,b}", ["a,b}"], ["a", "b"]),
        ("a.b+(c)|$", ["a.b+(c)|$"], ["axb+(c)|$"]),
    ],
)
def test_globs(pattern: str, matching: list[str], other: list[str]) -> None:
    expression = globs.translate(pattern)
    assert [path for path in matching if not expression.fullmatch(path)] == []
    assert [path for path in other if expression.fullmatch(path)] == []


@pytest.mark.parametrize("pattern", ["[a", "{a,b", "a\\", "[!]", "[z-a]"])
def test_broken_globs_are_named(pattern: str) -> None:
    with pytest.raises(globs.GlobSyntaxError, match="glob '"):
        globs.translate(pattern)


@given(st.text(st.characters(blacklist_characters="*?[{}\\,!", blacklist_categories=["Cs"])), st.text(max_size=5))
def test_a_glob_without_special_characters_matches_itself_only(text: str, more: str) -> None:
    assert globs.translate(text).fullmatch(text)
    assert bool(globs.translate(text).fullmatch(text + more)) == (more == "")


def test_rules_are_applied_in_order() -> None:
    paths = ["assets/logos/logo.svg", "src/index.js", "src/secret.js", "other"]
    assert globs.select(paths, ["assets/**", "src/**.js", "!**secret.*"]) == ["assets/logos/logo.svg", "src/index.js"]
    assert globs.select(paths, ["!**secret.*", "src/**.js"]) == ["src/index.js", "src/secret.js"]
    assert globs.select(paths, ["!**"]) == []
    assert globs.select(paths, []) == []


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('echo "hi"', r'"echo \"hi\""'),
        ("a\nb\t\\", r'"a\nb\t\\"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("größe ☺", '"größe ☺"'),
        ("\u200b\U000e0001", r'"\u200b\U000e0001"'),
    ],
)
def test_quoting_as_go_does(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@given(st.text(st.characters(max_codepoint=0x7E)))
def test_quoted_text_is_one_line_that_reads_back(text: str) -> None:
    quoted = quote(text)
    assert quoted.isprintable()
    assert json.loads(re.sub(r"\\(?:x(..)|a|v|\\)", _as_json, quoted)) == text


def _as_json(escape: re.Match[str]) -> str:
    if escape[0] == r"\\":
        return escape[0]
    return f"\\u00{escape[1] or {'a': '07', 'v': '0b'}[escape[0][1]]}"


def test_redaction_masks_values_and_their_lines() -> None:
    redact = Redactor(["battery", "first line\nsecond\nfourth line\n", "no", " spaced out "])
    assert redact("a battery here") == f"a {MASK} here"
    assert redact("first line\nsecond\nfourth line") == MASK
    assert redact("x fourth line y") == f"x {MASK} y"
    assert redact("second and no") == "second and no"
    assert redact("spaced out") == MASK
    assert Redactor([])("text") == "text"


@given(st.lists(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4)), st.text(), st.text())
def test_no_secret_survives_redaction(secrets: list[str], before: str, after: str) -> None:
    redact = Redactor(secrets)
    for secret in secrets:
        assert secret.strip() not in redact(before + secret + after).replace(MASK, "\0")


def test_a_longer_secret_is_masked_as_a_whole() -> None:
    assert Redactor(["pass", "password1"])("password1") == MASK


def transcript(*shown: Stream) -> tuple[Transcript, list[str]]:
    lines: list[str] = []
    return Transcript(lines.append, shown), lines


def test_lines_are_shown_as_they_end_and_streams_do_not_mix() -> None:
    said, lines = transcript(*STREAMS)
    said.feed("stdout", b"one\ntw")
    assert lines == ["one"]
    said.feed("stderr", b"err\r\n")
    said.feed("stdout", b"o\n\nlast")
    assert lines == ["one", "err", "two", ""]
    said.finish()
    assert lines[-1] == "last"
    assert (said.text("stdout"), said.text("stderr")) == ("one\ntwo\n\nlast", "err\r")


def test_only_one_end_of_line_is_taken_off() -> None:
    said, _ = transcript()
    said.feed("stdout", b"text\n\n")
    assert said.text("stdout") == "text\n"


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    pieces, lines = transcript("stdout")
    at_once, expected = transcript("stdout")
    for chunk in chunks:
        pieces.feed("stdout", chunk)
    at_once.feed("stdout", whole)
    pieces.finish()
    at_once.finish()
    assert lines == expected
    assert pieces.text("stdout") == at_once.text("stdout")


def test_streams_that_are_not_wanted_are_kept_but_not_shown() -> None:
    said, lines = transcript("stderr")
    said.feed("stdout", b"out\n")
    said.feed("stderr", b"err\n")
    assert lines == ["err"]
    assert said.tail() == "out\nerr\n"


def test_the_tail_is_bounded_and_long_lines_are_cut() -> None:
    said, lines = transcript("stdout")
    for _ in range(10):
        said.feed("stdout", b"x" * LONGEST_LINE)
    said.feed("stdout", b"the end")
    assert all(len(line) <= LONGEST_LINE for line in lines)
    assert said.tail().endswith("xthe end")
    assert len(said.tail()) < TAIL_BYTES + 100
    assert f"[the first {10 * LONGEST_LINE + 7 - TAIL_BYTES} bytes are left out]" in said.tail()


def test_bytes_that_are_no_utf8_do_not_fail() -> None:
    said, _ = transcript("stdout")
    said.feed("stdout", b"\xff\xfe")
    assert said.text("stdout") == "��"


def test_previous_output_in_the_environment() -> None:
    assert environment.previous_output("out", "", wanted=True) == {"PULUMI_COMMAND_STDOUT": "out"}
    assert environment.previous_output("out", "err", wanted=False) == {}
    long = "x" * (128 * 1024)
    assert environment.too_long({"SHORT": "x", "LONG": long}) == ["LONG"]
    assert environment.too_long({"A": long[: 128 * 1024 - 3]}) == []
    assert environment.too_long({"A": long[: 128 * 1024 - 2]}) == ["A"]
