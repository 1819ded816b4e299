"""A comment is never too long, and never has a secret in it, whatever the stream holds."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.unit.preview_stream import SECRET_KIND, SIGNATURE, diagnostic, secret, step, stream, summary, urn
from tests.unit.report_everything import everything
from towpath.cli.app import app
from towpath.report.compose import compose
from towpath.report.markdown import SMALLEST, Host, characters, to_markdown
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.section import Code, Report, Section
from towpath.report.stream import read_stream

TEXTS = st.one_of(st.text(max_size=300), st.text("@&<\n😀", min_size=200, max_size=300))
ENTRIES = st.lists(st.one_of(TEXTS, TEXTS.map(Code)), min_size=1, max_size=4).map(tuple)
SECTIONS = st.builds(Section, title=TEXTS, entries=st.lists(ENTRIES, max_size=40), said=TEXTS, folded=st.booleans())


@settings(max_examples=60, deadline=None)
@given(
    report=st.builds(Report, title=TEXTS, summary=TEXTS, sections=st.lists(SECTIONS, max_size=3)),
    limit=st.integers(SMALLEST, SMALLEST * 2),
)
def test_a_report_fits_and_says_what_it_left_out(report: Report, limit: int) -> None:
    text = to_markdown(report, limit)
    assert characters(text) <= limit
    left_out = sum(int(number.replace(",", "")) for number in re.findall(r"\n\*([\d,]+) entr(?:y|ies) left out", text))
    shown = len(re.findall(r"^- ", text, re.MULTILINE))
    assert shown + left_out >= sum(len(section.entries) for section in report.sections)


@pytest.mark.parametrize("host", list(Host))
def test_ten_thousand_images_fit_with_the_first_shown_whole(host: Host) -> None:
    where = urn("pulumi-python:dynamic/images:ImageMirror", "copies")
    images = {
        f"team/app-{n:05}:1": {"from": f"quay.io/{'long/' * 30}app:{n}", "digest": f"sha256:{n:064}"}
        for n in range(10_000)
    }
    made = compose(read_stream(stream(step("create", where, None, {"images": images}), summary())))
    text = to_markdown(made, host.limit_characters)
    assert host.limit_characters * 0.9 < characters(text) <= host.limit_characters
    lines = re.findall(r"^- `team/app-(\d+):1` from `[^`]+`: new$", text, re.MULTILINE)
    assert lines == [f"{n:05}" for n in range(len(lines))]
    assert f"*{10_000 - len(lines):,} entries left out" in text


PLAIN = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r", exclude_categories=["C", "Z"]), min_size=4, max_size=30
)
WORDS = st.text(st.characters(exclude_characters="§"), max_size=8)
KINDS = [
    "pulumi-python:dynamic/nodes:NodeState",
    "pulumi-python:dynamic/accounts:AccountRotation",
    "pulumi-python:dynamic/images:ImageMirror",
    "pulumi-python:dynamic/images:ImageDeletion",
    "pulumi-python:dynamic/cluster:PullSecretSet",
    "tls:index/selfSignedCert:SelfSignedCert",
    "command:remote:Command",
]
KEYS = [
    "machine",
    "files",
    "restarts",
    "shown",
    "account",
    "number",
    "images",
    "deletions",
    "namespaces",
    "wish",
    "password",
    "next_on",
    "expected",
    "total",
    "drift",
    "refused",
    "validityEndTime",
]


def _properties(hidden: str) -> st.SearchStrategy[dict[str, Any]]:
    value = st.recursive(
        st.one_of(
            st.just(secret(f"§{hidden}§")),
            st.just("[secret]"),
            WORDS,
            st.integers(),
            st.none(),
            st.just({SIGNATURE: SECRET_KIND, "value": f"§{hidden}§"}),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
        max_leaves=6,
    )
    return st.dictionaries(st.sampled_from(KEYS), value, max_size=8)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), hidden=PLAIN)
def test_no_secret_comes_out_whatever_resource_has_it(data: st.DataObject, hidden: str) -> None:
    steps = [
        step(
            data.draw(st.sampled_from(["create", "update", "delete", "replace", "same"])),
            urn(kind, "x"),
            data.draw(_properties(hidden)),
            data.draw(_properties(hidden)),
        )
        for kind in data.draw(st.lists(st.sampled_from(KINDS), max_size=4))
    ]
    told = step("update", urn("a:b:C", "c"), {"one": secret(f"§{hidden}§")}, {"one": secret()})
    said = diagnostic("error", f"cannot log in with §{hidden}§ at the registry")
    preview = read_stream(stream(*steps, told, said, summary()))
    for text in (to_markdown(compose(preview)), to_page(compose(preview), picture_of(preview))):
        assert "§" not in text
        assert SIGNATURE not in text
        assert "cannot log in with" in text


def test_keys_and_logins_in_messages_are_taken_out() -> None:
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----"
    said = diagnostic("error", f"bad key {key} of http://user:pass-word@proxy.test:3128")
    text = to_markdown(compose(read_stream(stream(said, summary()))))
    assert "bad key" in text
    assert "proxy.test:3128" in text
    assert not re.search("AAAA|BBBB|pass-word", text)


def test_the_command_reads_a_stream_and_writes_a_comment_or_a_page(tmp_path: Any) -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["report", "--title", "Preview of prod at 1a2b3c"], input=everything())
    assert shown.exit_code == 0
    assert shown.stdout.startswith("## Preview of prod at 1a2b3c\n\n**Failed.")
    (tmp_path / "stream").write_text(everything())
    page = runner.invoke(app, ["report", str(tmp_path / "stream"), "-f", "html", "-o", str(tmp_path / "page.html")])
    assert page.exit_code == 0
    assert not page.stdout
    assert "<figure" in (tmp_path / "page.html").read_text()
    small = runner.invoke(app, ["report", str(tmp_path / "stream"), "--max-characters", str(SMALLEST)])
    assert characters(small.stdout) <= SMALLEST
    assert json.loads(everything().splitlines()[-1])["summaryEvent"]["result"] == "failed"
