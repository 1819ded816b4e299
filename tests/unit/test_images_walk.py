"""Reading a registry that is not whole: what is noted and passed, and what ends it."""

import json

import httpx
import pytest

from tests.unit.scripted_registry import VERSION, Script, refusal
from tests.unit.slow_registry import SlowRegistry
from tests.unit.slow_registry import image as slow_image
from towpath.images.storage_listing import linked_manifests
from towpath.images.walk import Detail, Progress, Scope, walk
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client.errors import RegistryError, UnauthorizedError, UnreachableError
from towpath.registry_client.retry import Retry
from towpath.registry_client.transport import Limits

ONCE = Retry(attempts=1)
CONFIG = b'{"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z"}'


def image(name: str = "a") -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": Descriptor(media_types.OCI_CONFIG, digest_of(CONFIG), len(CONFIG)).to_json(),
        "layers": [],
        "annotations": {"name": name},
    }
    return parse_manifest(json.dumps(document).encode())


def index(*children: Descriptor) -> Manifest:
    document = {"schemaVersion": 2, "manifests": [child.to_json() for child in children]}
    return parse_manifest(json.dumps(document).encode(), media_types.OCI_INDEX)


def served(found: Manifest) -> httpx.Response:
    return httpx.Response(200, content=found.body, headers={"Content-Type": found.media_type, **VERSION})


def registry(**repositories: dict[str, Manifest | httpx.Response] | httpx.Response) -> Script:
    script = Script()
    script.on("GET", "/v2/_catalog?n=1000", httpx.Response(200, json={"repositories": [*repositories]}))
    for name, tags in repositories.items():
        listing = (
            tags if isinstance(tags, httpx.Response) else httpx.Response(200, json={"name": name, "tags": [*tags]})
        )
        script.on("GET", f"/v2/{name}/tags/list?n=1000", listing)
        for tag, found in tags.items() if isinstance(tags, dict) else ():
            answer = served(found) if isinstance(found, Manifest) else found
            script.on("GET", f"/v2/{name}/manifests/{tag}", answer)
        script.on("GET", f"/v2/{name}/blobs/{digest_of(CONFIG)}", *[httpx.Response(200, content=CONFIG)] * 9)
    return script


async def test_what_fails_is_noted_and_the_rest_is_read() -> None:
    script = registry(
        app={
            "good": image(),
            "broken": refusal(500),
            "strange": httpx.Response(200, content=b"{}"),
            "gone": refusal(404),
        },
        closed=refusal(403),
        emptied=refusal(404, "NAME_UNKNOWN"),
        null=httpx.Response(200, json={"name": "null", "tags": None}),
    )
    progress: list[tuple[int, int]] = []
    async with script.session(retry=ONCE) as session:
        held = await walk(session, Scope(), lambda now: progress.append((now.repositories, now.tags)))
    assert list(held.repositories) == ["app", "closed", "emptied", "null"]
    assert held.repositories["app"].tags == {"good": image().digest}
    assert held.repositories["app"].dangling == {"gone"}
    assert [(f.place, f.gone) for f in held.failures] == [
        ("app:broken", False),
        ("app:gone", True),
        ("app:strange", False),
        ("closed", False),
    ]
    assert progress[-1] == (4, 4)
    record = held.repositories["app"].manifests[image().digest]
    assert record.platforms == ("linux/amd64",)
    assert record.created is not None


@pytest.mark.parametrize(
    ("answer", "kind"), [(refusal(401), UnauthorizedError), (httpx.ReadError("reset"), UnreachableError)]
)
async def test_what_would_fail_everywhere_ends_it(
    answer: httpx.Response | Exception, kind: type[RegistryError]
) -> None:
    script = Script().on("GET", "/v2/_catalog?n=1000", httpx.Response(200, json={"repositories": ["app"]}))
    script.on("GET", "/v2/app/tags/list?n=1000", httpx.Response(200, json={"tags": ["1"]}))
    script.on("GET", "/v2/app/manifests/1", answer)
    async with script.session(retry=ONCE) as session:
        with pytest.raises(kind):
            await walk(session)


async def test_an_index_is_followed_and_a_missing_part_is_said_to_be_gone() -> None:
    there, missing = image("there"), digest_of(b"missing")
    both = index(there.descriptor, Descriptor(media_types.OCI_MANIFEST, missing, 5))
    script = registry(app={"1": both, "2": there})
    script.on("GET", f"/v2/app/manifests/{there.digest}", served(there))
    script.on("GET", f"/v2/app/manifests/{missing}", refusal(404, "MANIFEST_UNKNOWN"))
    async with script.session() as session:
        held = await walk(session)
    app = held.repositories["app"]
    assert set(app.manifests) == {both.digest, there.digest}
    assert app.manifests[both.digest].children == (there.digest, missing)
    assert [(f.place, f.gone) for f in held.failures] == [(f"app@{missing}", True)]


async def test_what_two_indexes_share_is_fetched_once() -> None:
    shared = image("shared")
    one, two = index(shared.descriptor), index(shared.descriptor, shared.descriptor)
    script = registry(app={"1": one, "2": two})
    script.on("GET", f"/v2/app/manifests/{shared.digest}", served(shared))
    async with script.session(limits=Limits(concurrency=1)) as session:
        held = await walk(session)
    assert set(held.repositories["app"].manifests) == {one.digest, two.digest, shared.digest}
    assert not held.failures


async def test_a_configuration_that_is_not_what_it_should_be_is_noted_and_the_image_stays() -> None:
    script = registry(app={"1": image()})
    script.answers[f"GET https://registry.test:6000/v2/app/blobs/{digest_of(CONFIG)}"] = [
        httpx.Response(200, content=CONFIG.replace(b"linux", b"LINUX"))
    ]
    async with script.session() as session:
        held = await walk(session)
    assert held.repositories["app"].tags == {"1": image().digest}
    assert held.repositories["app"].manifests[image().digest].created is None
    assert "not used" in held.failures[0].message


async def test_only_what_is_asked_for_is_read() -> None:
    script = registry(app={"1": image()}, other={"2": image("b")})
    async with script.session() as session:
        held = await walk(session, Scope(Detail.TAGS, wanted=lambda name: name == "app"))
    assert list(held.repositories) == ["app"]
    assert not held.whole
    assert script.asked == ["GET /v2/_catalog?n=1000", "GET /v2/app/tags/list?n=1000"]
    assert Progress().tags == 0


async def test_manifests_beyond_the_tagged_ones_are_read_where_asked_for() -> None:
    untagged, gone = image("untagged"), Digest(digest_of(b"gone"))
    script = registry(app={"1": image()})
    script.on("GET", f"/v2/app/manifests/{untagged.digest}", served(untagged))
    script.on("GET", f"/v2/app/manifests/{gone}", refusal(404, "MANIFEST_UNKNOWN"))
    async with script.session() as session:
        held = await walk(session, Scope(further={"app": [untagged.digest, gone]}))
    assert set(held.repositories["app"].manifests) == {image().digest, untagged.digest}
    assert [(f.place, f.gone) for f in held.failures] == [(f"app@{gone}", True)]


def test_links_in_a_storage_name_every_manifest() -> None:
    one, two = digest_of(b"1"), digest_of(b"2", "sha512")
    root = "/var/lib/registry/docker/registry/v2/repositories"
    lines = [
        f"{root}/team/app/_manifests/revisions/{one.replace(':', '/')}/link\n",
        f"{root}/team/app/_manifests/revisions/{two.replace(':', '/')}/link",
        f"{root}/a/repositories/b/_manifests/revisions/{one.replace(':', '/')}/link",
        f"{root}/team/app/_manifests/tags/1/current/link",
        f"{root}/team/app/_manifests/revisions/sha256/12/link",
        "",
    ]
    assert linked_manifests(lines) == {"a/repositories/b": (one,), "team/app": tuple(sorted((one, two)))}


@pytest.mark.parametrize("known", [True, False])
async def test_a_registry_without_the_list_of_referrers_is_asked_for_it_once(known: bool) -> None:
    """However many manifests are being read when the first asks; one that has it is asked for each of them."""
    registry = SlowRegistry()
    found = [registry.push("app", slow_image(str(number)), str(number)) for number in range(20)]
    empty = index().body if known else None
    registry.refuse = lambda asked: (
        httpx.Response(200, content=empty, headers=VERSION) if empty and asked.split()[2] in asking else None
    )
    asking = {str(each.digest) for each in found}
    async with registry.session() as session:
        held = await walk(session, Scope(names=("app",), referrers=True, configs=lambda _: False))
    assert len(held.repositories["app"].manifests) == len(found)
    asked = [each for each in registry.begun if each.split()[2] in asking]
    assert len(asked) == (len(found) if known else 1)
