"""`images.mirror` in the settings: what is accepted, what is refused and how, and the way to each upstream."""

import json
from typing import Any

import pytest

from tests.unit.self_signed import certificate_for
from towpath.errors import SettingsError
from towpath.images.mirror.upstream_way import UpstreamWay, upstream_ways
from towpath.settings import Settings, load_settings

DIGEST = f"sha256:{'a' * 64}"


def loaded(*mirror: dict[str, Any], **groups: Any) -> Settings:
    base = {
        "nodes": {"members": {"a": {"address": "10.0.0.5"}}},
        "accounts": [{"name": "ci"}],
        "images": {"mirror": list(mirror)},
    }
    return load_settings({f"towpath:{name}": json.dumps(value) for name, value in (base | groups).items()})


@pytest.mark.parametrize(
    "image",
    [
        {"from": "busybox:1.36"},
        {"from": f"docker.io/library/busybox:1.36@{DIGEST}", "pin": True},
        {"from": f"busybox@{DIGEST}", "to": "team/busybox:stable"},
        {"from": "registry.k8s.io/pause", "tags": {"names": ["3.*"], "newest": 2}, "referrers": True},
        {"from": "./images/app.tar", "image": "app:1", "to": "team/app"},
        {"from": "/srv/layout", "to": "team/app:1"},
        {"from": "docker-daemon:app:dev", "to": "team/app:dev"},
        {"from": "quay.io:443/x/y:1", "platforms": ["linux/amd64", "linux/arm64/v8"]},
    ],
)
def test_every_kind_of_source_is_accepted(image: dict[str, Any]) -> None:
    (found,) = loaded(image).images.mirror
    assert found.source == image["from"]


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([{"from": "Busybox:1"}], "must be lower-case"),
        ([{"form": "busybox:1"}], "did you mean 'from'?"),
        ([{"from": f"busybox@{DIGEST}"}], "say in to what it is to be called here"),
        ([{"from": "busybox", "to": "Team/app"}], "must be lower-case"),
        ([{"from": "busybox", "to": "team/app:"}], "the tag ''"),
        ([{"from": "busybox:1", "tags": {"names": ["2"]}}], "keep one"),
        ([{"from": "busybox", "to": "a:1", "tags": {"names": ["2"]}}], "keep one"),
        ([{"from": "busybox", "tags": {}}], "chooses no tags"),
        ([{"from": "busybox", "tags": {"semver": "new"}}], "is no version comparison"),
        ([{"from": "busybox", "tags": {"regex": "("}}], "is no regular expression"),
        ([{"from": "busybox", "tags": {"names": ["a b"]}}], "is no tag and no pattern"),
        ([{"from": "busybox", "platforms": ["amd64"]}], "is no platform"),
        ([{"from": "busybox", "username": "me"}], "only one of username and password"),
        ([{"from": "./a.tar", "pin": True}], "only for an image of an upstream registry"),
        ([{"from": "docker-daemon:a:1", "tags": {"newest": 1}}], "only for an image of an upstream registry"),
        ([{"from": f"docker-daemon:a@{DIGEST}"}], "name it by its tag"),
        ([{"from": "busybox", "image": "a:1"}], "image is for files"),
        ([{"from": "busybox:1"}, {"from": "docker.io/library/busybox:1"}], "would both become library/busybox:1"),
        ([{"from": "a.test/x:1", "proxy": "none"}, {"from": "a.test/y:1"}], "differ in proxy"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(images: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(*images)
    assert words in str(caught.value)


def test_a_password_of_an_upstream_is_shown_nowhere() -> None:
    image = {"from": "a.test/x:1", "username": "me", "password": "hunter2"}
    settings = loaded(image)
    assert "hunter2" not in repr(settings)
    (way,) = upstream_ways(settings).values()
    assert "hunter2" not in repr(way)
    assert (way.username, way.password) == ("me", "hunter2")
    with pytest.raises(SettingsError) as caught:
        loaded(image | {"platforms": ["x"]})
    assert "hunter2" not in str(caught.value)


PROXY = {"http": "http://user:p@proxy.corp:3128", "no_proxy": [".corp"], "node_cidrs": ["10.0.0.0/24"]}


@pytest.mark.parametrize(
    ("source", "kind", "proxy", "expected"),
    [
        ("a.test/x:1", "stack", PROXY, ("http://user:p@proxy.corp:3128", False)),
        ("a.test:5000/x:1", "stack", PROXY, ("http://user:p@proxy.corp:3128", False)),
        ("harbor.corp/x:1", "stack", PROXY, (None, False)),
        ("10.0.0.9:5000/x:1", "stack", PROXY, (None, False)),
        ("a.test/x:1", "none", PROXY, (None, False)),
        ("a.test/x:1", "environment", PROXY, (None, True)),
        ("a.test/x:1", "stack", None, (None, True)),
    ],
)
def test_the_way_out_is_the_stacks_proxy_but_for_what_it_excludes(
    source: str, kind: str, proxy: dict[str, Any] | None, expected: tuple[str | None, bool]
) -> None:
    (way,) = upstream_ways(loaded({"from": source, "proxy": kind}, proxy=proxy)).values()
    assert (way.proxy, way.by_environment) == expected
    assert UpstreamWay.from_record(way.to_record()) == way


def test_ca_and_login_come_from_what_the_stack_knows_of_the_upstream() -> None:
    shared, special = (certificate_for("10.0.0.9")[0] for _ in range(2))
    known = {
        "nodes": {"members": {"a": {"address": "10.0.0.5"}}, "upstreams": {"a.test": {"ca_pem": shared}}},
        "external_registries": {"a.test": {"username": "robot", "password": "word"}},
    }
    (way,) = upstream_ways(loaded({"from": "a.test/x:1"}, **known)).values()
    assert (way.ca_pem, way.username, way.password) == (shared, "robot", "word")
    own = {"from": "a.test/x:1", "username": "me", "password": "mine", "ca_pem": special}
    (way,) = upstream_ways(loaded(own, **known)).values()
    assert (way.ca_pem, way.username, way.password) == (special, "me", "mine")
    command = {"a.test": {"command": ["printf", "%s %s", "got", "token"], "answer": "pair"}}
    (way,) = upstream_ways(loaded({"from": "a.test/x:1"}, external_registries=command)).values()
    assert (way.username, way.password) == ("got", "token")
