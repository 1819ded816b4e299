"""What a report says, section by section; the whole of it is a committed file."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.preview_stream import diagnostic, node_state, prelude, step, stream, summary, urn
from tests.unit.report_everything import everything
from towpath.report.compose import compose, summary_of
from towpath.report.errors import StreamError
from towpath.report.markdown import to_markdown
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.stream import read_stream

GOLDEN = Path(__file__).with_name("report_cases") / "everything.md"


def _shown(*events: dict[str, object]) -> str:
    return to_markdown(compose(read_stream(stream(*events))))


def test_the_report_of_everything_is_as_committed() -> None:
    assert to_markdown(compose(read_stream(everything()))) == GOLDEN.read_text(encoding="utf-8")


def test_a_stack_that_stays_as_it_is_has_a_line_for_that() -> None:
    same = step("same", urn("pulumi:pulumi:Stack", "towpath-prod"), {}, {})
    assert "**Nothing changes.**" in _shown(same, summary())


def test_nodes_stand_in_the_order_in_which_they_change() -> None:
    config = json.dumps({"members": {"b": {}, "a": {}, "c": {}}})
    changes = [node_state(name, {"restarts": {"docker": "1"}}, {"restarts": {"docker": "2"}}) for name in "abc"]
    silent = diagnostic("warning", "b does not answer; it is tried last, after everything else")
    shown = _shown(prelude(nodes=config), *changes, silent, summary())
    assert re.findall(r"- `(\w)`, batch (\d) of 3", shown) == [("a", "1"), ("c", "2"), ("b", "3")]


@pytest.mark.parametrize(
    "config", ["[secret]", "", '{"members": {"a": {}}, "rollout": {"max_unavailable": "many"}}', "[]"]
)
def test_batches_that_the_stream_does_not_tell_are_not_made_up(config: str) -> None:
    change = node_state("a", {"restarts": {"docker": "1"}}, {"restarts": {"docker": "2"}})
    assert "`a`, batch not known: restarts `docker`" in _shown(prelude(nodes=config), change, summary())


def test_a_node_that_stays_is_no_restart() -> None:
    wish = {"restarts": {"docker": "1"}, "files": {"/a": "1"}}
    assert "restart" not in _shown(node_state("a", wish, {**wish, "files": {"/a": "2"}}), summary())


@pytest.mark.parametrize(
    ("op", "said"), [("create", "restarts as it is set up"), ("delete", "restarts as it is taken back")]
)
def test_a_node_that_comes_or_goes_restarts_what_it_has(op: str, said: str) -> None:
    wish = {"restarts": {"docker": "1", "containerd": "1"}}
    sides = ({}, wish) if op == "create" else (wish, {})
    assert f"`a`, batch not known: {said}: `containerd`, `docker`" in _shown(node_state("a", *sides, op), summary())


def test_an_account_whose_schedule_alone_changes_does_not_rotate() -> None:
    where = urn("pulumi-python:dynamic/accounts:AccountRotation", "r", "Credentials")
    before = {"account": "ci", "number": 1, "next_on": "2027-01-01"}
    shown = _shown(step("update", where, before, {**before, "number": 1.0, "next_on": "2027-02-01"}), summary())
    assert "### Credentials" not in shown
    assert "- `ci`: when it rotates changes: from 2027-02-01 on" in shown


def test_a_collection_with_nothing_deleted_is_not_announced() -> None:
    where = urn("pulumi-python:dynamic/images:GarbageCollection", "g", "CollectedGarbage")
    props = {"registry": "r:5000", "deletions": 3, "timeout_minutes": 10}
    assert "nothing is collected" in _shown(step("update", where, props, {**props, "timeout_minutes": 20}), summary())
    due = _shown(step("update", where, {**props, "deleted_at": "2026-11-24T00:00:00+00:00"}, props), summary())
    assert "garbage is collected" in due


def test_drift_of_a_refresh_stands_apart_from_change() -> None:
    where = urn("pulumi-python:dynamic/nodes:NodeState", "a-state", "Node")
    begun = step("refresh", where, {"machine": "a", "files": {"/a": "1", "/b": "1"}})
    found = step(
        "refresh",
        where,
        {"machine": "a", "files": {"/a": "1", "/b": "1"}},
        {"machine": "a", "files": {"/a": "1", "/b": "2"}},
    )
    done = {"resOutputsEvent": found["resourcePreEvent"]}
    shown = _shown(begun, done, summary())
    assert "1 place drifted" in shown
    assert "- `a`: `/b`\n" in shown
    planned = node_state("a", {"files": {"/b": "2"}, "drifted": True}, {"files": {"/b": "1"}}, "update", "Node")
    assert "1 place drifted" in _shown(begun, done, planned, summary()), "once, though both steps know of it"
    assert "### Drift" not in _shown(
        begun,
        {
            "resOutputsEvent": begun["resourcePreEvent"]
            | {
                "metadata": {
                    **begun["resourcePreEvent"]["metadata"],
                    "new": {"outputs": {"machine": "a", "files": {"/a": "1", "/b": "1"}}},
                }
            }
        },
        summary(),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the stream is empty"),
        ('{"steps": [],\n "changeSummary": {}}', "the summary of plain `--json`"),
        ("Previewing update (prod):\n", "no line of it is an event"),
        ("[" * 100_000, "no line of it is an event"),
    ],
)
def test_what_is_no_stream_is_refused_with_the_way_out(text: str, reason: str) -> None:
    with pytest.raises(StreamError, match=re.escape(reason)) as error:
        read_stream(text)
    assert "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=1" in str(error.value)


def test_a_stream_that_breaks_off_says_so() -> None:
    whole = stream(step("create", urn("a:b:C", "c"), None, {}), summary())
    shown = to_markdown(compose(read_stream(whole[:-30])))
    assert "**Broken off. 1 to create.**" in shown
    assert "1 line of the stream could not be read." in shown


def test_nothing_of_a_message_is_markup() -> None:
    shown = _shown(diagnostic("warning", "<img src=x> @all [a](b) `c` #1 *d*"), summary())
    assert "&lt;img src=x&gt; &#64;all \\[a\\](b) `c` \\#1 \\*d\\*" in shown


def test_the_page_asks_nobody_and_shows_every_node() -> None:
    preview = read_stream(everything())
    page = to_page(compose(preview), picture_of(preview))
    assert not re.search(r"<script|<link|src=|href=|url\(|@import", page)
    assert "default-src 'none'" in page
    figure = ElementTree.fromstring(page[page.index("<figure") : page.index("</figure>") + len("</figure>")])
    assert [lane.text for lane in figure.iter("h3")] == ["Other registries", "Registry", "Nodes", "Namespaces"]
    shown = [
        (box.get("class", "").split()[-1], box.findtext("div/b"))
        for box in figure.iter("div")
        if box.find("div/b") is not None
    ]
    assert shown == [
        ("changes", "quay.io"),
        *(("restarts", "r:6000"), ("changes", "2 accounts")),
        *(("restarts", "node-1"), ("restarts", "node-3"), ("changes", "node-4"), ("restarts", "node-2")),
        *(("goes", "a"), ("same", "b"), ("new", "c"), ("refused", "d")),
    ]
    assert "@someone&#x27;s &lt;policy&gt;" in page


def test_the_summary_is_one_line() -> None:
    assert "\n" not in summary_of(read_stream(everything()))
