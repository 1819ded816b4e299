"""What a picture of a stack leaves out, and what it never leaves out."""

import json

import pytest

from tests.unit.preview_stream import node_state, prelude, step, stream, summary, urn
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.picture_shapes import State
from towpath.report.section import Report
from towpath.report.stream import read_stream

SET = urn("pulumi-python:dynamic/cluster:PullSecretSet", "pull-secrets-set", "PullSecrets")
REGISTRY = ("RegistryContainer", "AppliedDocument")


def test_of_many_boxes_the_ones_that_change_stay_in_order() -> None:
    names = [f"n-{number:02}" for number in range(60)]
    before = {"restarts": {"docker": "1"}}
    nodes = [
        node_state(name, before, {"restarts": {"docker": "2"}})
        if name in ("n-07", "n-59")
        else node_state(name, before, before, "same")
        for name in names
    ]
    config = prelude(nodes=json.dumps({"members": {name: {} for name in names}}))
    picture = picture_of(read_stream(stream(config, *nodes, summary())))
    (lane,) = picture.lanes
    assert len(lane.boxes) + lane.more == len(names)
    assert [box.title for box in lane.boxes if box.state is State.RESTARTS] == ["n-07", "n-59"]
    assert [box.title for box in lane.boxes] == sorted(box.title for box in lane.boxes)
    assert f"and {lane.more} more" in to_page(Report("", "", []), picture)


@pytest.mark.parametrize(
    ("op", "state"), [("create", State.NEW), ("delete", State.GOES), ("same", State.SAME), ("update", State.CHANGES)]
)
def test_a_box_says_what_becomes_of_a_registry(op: str, state: State) -> None:
    document = {"containers": {"registry": "running"}}
    files = {**document, "files": {"/etc/a": "1"}} if op == "update" else document
    stack = read_stream(stream(node_state("a", document, files, op, *REGISTRY), summary()))
    (lane,) = picture_of(stack).lanes
    assert [(box.title, box.state, box.lines) for box in lane.boxes] == [("registry", state, ["a container on a"])]


def test_images_are_drawn_from_where_they_come() -> None:
    mirror = urn("pulumi-python:dynamic/images:ImageMirror", "mirror-copies", "MirroredImages")
    sources = ("quay.io/a:1", "/srv/a.tar", "docker-daemon:a:1", "quay.io/b:2")
    images = {f"i{number}": {"from": source} for number, source in enumerate(sources)}
    stack = read_stream(stream(step("create", mirror, None, {"images": images}), summary()))
    (lane,) = picture_of(stack).lanes
    assert [(box.title, box.lines) for box in lane.boxes] == [
        ("Docker engine", ["1 image copied"]),
        ("archives", ["1 image copied"]),
        ("quay.io", ["2 images copied"]),
    ]


def test_every_namespace_has_a_box_with_its_fate() -> None:
    one, other = {"content": "0"}, {"content": "1"}
    before = {"namespaces": {"a": one, "b": one, "c": one, "e": one}}
    after = {"namespaces": {"b": other, "c": one, "d": one, "f": one}, "refused": {"f": "it is being deleted"}}
    secret = urn("kubernetes:core/v1:Secret", "pull-secrets-c", "PullSecrets")
    content = {"metadata": {"namespace": "c"}}
    steps = (step("update", SET, before, after), step("update", secret, content, content))
    (lane,) = picture_of(read_stream(stream(*steps, summary()))).lanes
    assert {box.title: box.state for box in lane.boxes} == {
        **dict.fromkeys("ae", State.GOES),
        **dict.fromkeys("bc", State.CHANGES),
        "d": State.NEW,
        "f": State.REFUSED,
    }


def test_nothing_is_drawn_of_a_preview_that_came_to_nothing() -> None:
    assert "<figure" not in to_page(Report("", "", []), picture_of(read_stream(stream(summary("failed")))))


def test_a_name_is_no_markup() -> None:
    spaces = {"namespaces": {'<b id="x">': {"content": "0"}}}
    page = to_page(Report("", "", []), picture_of(read_stream(stream(step("create", SET, None, spaces), summary()))))
    assert "&lt;b id=&quot;x&quot;&gt;" in page
