"""The spec calls against a scripted registry: pages, digests, ranges, referrers, uploads that break off."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.scripted_registry import BASE, VERSION, Cut, Script, refusal
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.errors import DigestMismatchError, InvalidManifestError
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import blob, catalog, manifest, referrer, tag, tree, upload
from towpath.registry_client.errors import (
    NotFoundError,
    ProtocolError,
    RefusedError,
    ServerFailedError,
    UnreachableError,
)
from towpath.registry_client.retry import Retry

TAGS = "/v2/app/tags/list?n=1000"
CONTENT = bytes(range(256)) * 40
LAYER = Descriptor(media_types.OCI_LAYER, digest_of(CONTENT), len(CONTENT))
BLOB = f"/v2/app/blobs/{LAYER.digest}"


def image(name: str = "a") -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": Descriptor(media_types.OCI_CONFIG, digest_of(name.encode()), len(name)).to_json(),
        "layers": [],
    }
    return parse_manifest(json.dumps(document).encode())


def index(*children: Descriptor) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [child.to_json() for child in children],
    }
    return parse_manifest(json.dumps(document).encode())


def served(found: Manifest, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=found.body, headers={"Content-Type": found.media_type, **VERSION, **headers})


def page(link: str | None = None, **document: object) -> httpx.Response:
    return httpx.Response(200, json=document, headers={"Link": link} if link else {})


async def test_pages_are_followed_by_relative_and_absolute_links() -> None:
    script = Script().on("GET", TAGS, page('</v2/app/tags/list?last=b&n=2>; rel="next"', tags=["a", "b"]))
    script.on("GET", "/v2/app/tags/list?last=b&n=2", page(f'<{BASE}/more>; rel="next"; title="x"', tags=["c"]))
    script.on("GET", "/more", page('</v2/other>; rel="first"', tags=["d"]))
    async with script.session() as session:
        assert [name async for name in tag.tags(session, "app")] == ["a", "b", "c", "d"]


async def test_a_registry_behind_a_tls_proxy_may_call_itself_http() -> None:
    plain = BASE.replace("https", "http")
    script = (
        Script().on("GET", TAGS, page(f'<{plain}/more>; rel="next"', tags=["a"])).on("GET", "/more", page(tags=["b"]))
    )
    async with script.session() as session:
        assert [name async for name in tag.tags(session, "app")] == ["a", "b"]


async def test_a_next_page_at_no_address_is_an_error_in_words() -> None:
    script = Script().on("GET", TAGS, page("<https://registry.test:abc/>; rel=next", tags=["a"]))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="an address that cannot be read"):
            _ = [name async for name in tag.tags(session, "app")]


@pytest.mark.parametrize("link", ["<https://elsewhere.test/v2/>; rel=next", f'<{TAGS}>; rel="next"'])
async def test_a_next_page_elsewhere_or_seen_before_is_an_error(link: str) -> None:
    script = Script().on("GET", TAGS, page(link, tags=["a"]), page(link, tags=["a"]))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="next page"):
            _ = [name async for name in tag.tags(session, "app")]
    assert len(script.requests) <= 2


async def test_null_tags_and_null_repositories_are_empty_lists() -> None:
    script = Script().on("GET", TAGS, page(name="app", tags=None))
    script.on("GET", "/v2/_catalog?n=1000", page(repositories=None))
    async with script.session() as session:
        assert [name async for name in tag.tags(session, "app")] == []
        assert [name async for name in catalog.repositories(session)] == []


async def test_every_manifest_request_accepts_all_four_kinds() -> None:
    found = image()
    script = Script().on("GET", "/v2/app/manifests/1", served(found))
    script.on("HEAD", "/v2/app/manifests/1", served(found, **{"Docker-Content-Digest": found.digest}))
    async with script.session() as session:
        assert await manifest.get(session, "app", "1") == found
        assert await manifest.head(session, "app", "1") == found.descriptor
    for request in script.requests:
        assert set(request.headers["accept"].split(", ")) == media_types.MANIFESTS


async def test_a_head_without_a_digest_falls_back_to_the_body() -> None:
    found = image()
    script = Script().on("HEAD", "/v2/app/manifests/1", served(found)).on("GET", "/v2/app/manifests/1", served(found))
    async with script.session() as session:
        assert (await manifest.head(session, "app", "1")).digest == found.digest


async def test_a_manifest_that_is_not_what_was_asked_for_is_not_used() -> None:
    right, wrong = image("a"), image("b")
    script = Script().on("GET", f"/v2/app/manifests/{right.digest}", served(wrong))
    script.on("GET", "/v2/app/manifests/1", served(wrong, **{"Docker-Content-Digest": right.digest}))
    script.on("HEAD", f"/v2/app/manifests/{right.digest}", served(wrong, **{"Docker-Content-Digest": wrong.digest}))
    async with script.session() as session:
        with pytest.raises(DigestMismatchError, match="not used"):
            await manifest.get(session, "app", right.digest)
        with pytest.raises(DigestMismatchError, match="not used"):
            await manifest.get(session, "app", "1")
        with pytest.raises(DigestMismatchError):
            await manifest.head(session, "app", right.digest)


async def test_a_sha512_digest_is_checked_as_such() -> None:
    found = image()
    digest = digest_of(found.body, "sha512")
    script = Script().on("GET", f"/v2/app/manifests/{digest}", served(found, **{"Docker-Content-Digest": found.digest}))
    async with script.session() as session:
        assert (await manifest.get(session, "app", digest)).digest == digest


async def test_a_manifest_over_the_bound_is_not_read_on() -> None:
    script = Script().on("GET", "/v2/app/manifests/1", httpx.Response(200, content=b" " * (4 * 1024 * 1024 + 1)))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="not read on"):
            await manifest.get(session, "app", "1")


def ranged(start: int, *pieces: bytes) -> httpx.Response:
    return httpx.Response(206, stream=Cut(*pieces), headers={"Content-Range": f"bytes {start}-/{len(CONTENT)}"})


async def test_a_download_goes_on_where_the_connection_broke() -> None:
    script = Script().on("GET", BLOB, httpx.Response(200, stream=Cut(CONTENT[:1000], CONTENT[1000:1500])))
    script.on("GET", BLOB, ranged(1500, CONTENT[1500:4000]), httpx.ReadTimeout("slow"))
    script.on("GET", BLOB, httpx.Response(206, content=CONTENT[4000:]))
    async with script.session() as session:
        assert b"".join([piece async for piece in blob.read(session, "app", LAYER)]) == CONTENT
    assert [r.headers.get("range") for r in script.requests] == [None, "bytes=1500-", "bytes=4000-", "bytes=4000-"]


async def test_a_registry_that_ignores_ranges_is_read_from_its_start_again() -> None:
    script = Script().on("GET", BLOB, httpx.Response(200, stream=Cut(CONTENT[:1500])))
    script.on("GET", BLOB, httpx.Response(200, content=CONTENT))
    async with script.session() as session:
        assert b"".join([piece async for piece in blob.read(session, "app", LAYER)]) == CONTENT


async def test_a_download_that_keeps_breaking_ends() -> None:
    script = Script().on("GET", BLOB, *[httpx.Response(200, stream=Cut()) for _ in range(20)])
    async with script.session() as session:
        with pytest.raises(UnreachableError):
            _ = [piece async for piece in blob.read(session, "app", LAYER)]
    assert len(script.requests) == 6


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT + b"more", CONTENT[:-1]])
async def test_a_blob_of_other_bytes_more_or_fewer_is_a_mismatch(content: bytes) -> None:
    script = Script().on("GET", BLOB, httpx.Response(200, content=content))
    received = bytearray()

    async def receive() -> None:
        async for piece in blob.read(session, "app", LAYER):
            received.extend(piece)

    async with script.session() as session:
        with pytest.raises(DigestMismatchError):
            await receive()
    assert len(received) <= LAYER.size_bytes


async def test_referrers_come_from_the_call_where_there_is_one_in_all_its_pages() -> None:
    subject = digest_of(b"subject")
    first, second = image("a").descriptor, image("b").descriptor
    path = f"/v2/app/referrers/{subject}"
    script = Script().on("GET", path, page('</more>; rel="next"', manifests=[first.to_json()]))
    script.on("GET", "/more", page(manifests=[second.to_json()]))
    async with script.session() as session:
        assert await referrer.referrers(session, "app", subject) == (first, second)
        assert session.features.referrers is True


async def test_the_referrers_call_is_tried_once_and_then_the_tag_is_read() -> None:
    subject = digest_of(b"subject")
    listed = index(image("a").descriptor)
    fallback = f"/v2/app/manifests/{subject.replace(':', '-')}"
    script = Script().on("GET", f"/v2/app/referrers/{subject}", httpx.Response(404, content=b"404 page not found"))
    script.on("GET", fallback, served(listed), refusal(404, "MANIFEST_UNKNOWN"))
    async with script.session() as session:
        assert await referrer.referrers(session, "app", subject) == listed.manifests
        assert await referrer.referrers(session, "app", subject) == ()


async def test_a_failing_referrers_call_is_not_taken_for_no_referrers() -> None:
    subject = digest_of(b"subject")
    script = Script().on("GET", f"/v2/app/referrers/{subject}", refusal(401))
    async with script.session() as session:
        with pytest.raises(Exception, match="401"):
            await referrer.referrers(session, "app", subject)


async def test_indexes_that_nest_without_end_are_refused() -> None:
    tower = [index(image().descriptor)]
    for _ in range(20):
        tower.append(index(tower[-1].descriptor))
    script = Script()
    for part in tower:
        script.on("GET", f"/v2/app/manifests/{part.digest}", served(part))
    async with script.session() as session:
        with pytest.raises(InvalidManifestError, match="deep"):
            _ = [part async for part in tree.tree(session, "app", tower[-1])]


async def test_an_index_that_names_itself_ends_at_the_digest_check() -> None:
    forged = Digest(f"sha256:{'0' * 64}")
    looping = index(Descriptor(media_types.OCI_INDEX, forged, 10))
    script = Script().on("GET", f"/v2/app/manifests/{forged}", served(looping))
    async with script.session() as session:
        with pytest.raises(DigestMismatchError):
            _ = [part async for part in tree.tree(session, "app", looping)]


async def source(offset: int) -> AsyncIterator[bytes]:
    for start in range(offset, len(CONTENT), 777):
        yield CONTENT[start : start + 777]


def accepted(place: str, arrived: int | None = None) -> httpx.Response:
    headers = {"Location": place} | ({"Range": f"0-{arrived - 1}"} if arrived else {})
    return httpx.Response(202, headers=headers)


async def test_an_upload_that_breaks_off_asks_how_far_it_is_and_goes_on_there() -> None:
    script = Script().on("HEAD", BLOB, *[refusal(404, "BLOB_UNKNOWN")] * 2)
    script.on("POST", "/v2/app/blobs/uploads/", accepted("/up?s=1"))
    script.on("PATCH", "/up?s=1", accepted("/up?s=2", 4000)).on("PATCH", "/up?s=2", httpx.WriteError("reset"))
    script.on("GET", "/up?s=2", accepted("/up?s=3", 6000))
    script.on("PATCH", "/up?s=3", accepted("/up?s=4", 10000))
    script.on("PUT", f"/up?s=4&digest={LAYER.digest}", httpx.Response(201))
    async with script.session() as session:
        assert await upload.push(session, "app", LAYER, source, chunk_bytes=4000) == len(CONTENT)
    sent = {request.headers["content-range"]: request.content for request in script.requests if request.content}
    assert sent == {
        "0-3999": CONTENT[:4000],
        "4000-7999": CONTENT[4000:8000],
        "6000-9999": CONTENT[6000:10000],
        "10000-10239": CONTENT[10000:],
    }


async def test_an_upload_that_was_forgotten_begins_again() -> None:
    script = Script().on("HEAD", BLOB, *[refusal(404, "BLOB_UNKNOWN")] * 2)
    script.on("POST", "/v2/app/blobs/uploads/", accepted("/up1"), accepted("/up2"))
    script.on("PUT", f"/up1?digest={LAYER.digest}", refusal(503))
    script.on("GET", "/up1", refusal(404, "BLOB_UPLOAD_UNKNOWN"))
    script.on("PUT", f"/up2?digest={LAYER.digest}", httpx.Response(201))
    async with script.session() as session:
        assert await upload.push(session, "app", LAYER, source) == len(CONTENT)


async def test_an_upload_whose_last_answer_was_lost_is_done() -> None:
    script = Script().on("HEAD", BLOB, refusal(404, "BLOB_UNKNOWN"), httpx.Response(200))
    script.on("POST", "/v2/app/blobs/uploads/", accepted("/up"))
    script.on("PUT", f"/up?digest={LAYER.digest}", httpx.ReadError("reset"))
    async with script.session() as session:
        assert await upload.push(session, "app", LAYER, source) == len(CONTENT)


async def test_an_upload_elsewhere_gets_no_credentials_and_a_short_source_is_given_up() -> None:
    short = Descriptor(media_types.OCI_LAYER, LAYER.digest, len(CONTENT) + 5)
    script = Script().on("HEAD", BLOB, refusal(404, "BLOB_UNKNOWN"))
    script.on("POST", "/v2/app/blobs/uploads/", accepted("/up")).on("DELETE", "/up", httpx.Response(204))
    async with script.session() as session:
        with pytest.raises(RefusedError, match="its source has"):
            await upload.push(session, "app", short, source)


async def test_an_untaken_mount_is_used_as_the_upload() -> None:
    script = Script().on("HEAD", BLOB, refusal(404, "BLOB_UNKNOWN"))
    script.on("POST", f"/v2/app/blobs/uploads/?mount={LAYER.digest}&from=other", accepted("/up"))
    script.on("PUT", f"/up?digest={LAYER.digest}", httpx.Response(201))
    async with script.session() as session:
        assert await upload.push(session, "app", LAYER, source, mount_from=["other"]) == len(CONTENT)


async def test_a_larger_least_chunk_of_the_registry_wins() -> None:
    script = Script().on("HEAD", BLOB, refusal(404, "BLOB_UNKNOWN"))
    least = httpx.Response(202, headers={"Location": "/up", "OCI-Chunk-Min-Length": "9000"})
    script.on("POST", "/v2/app/blobs/uploads/", least)
    script.on("PATCH", "/up", accepted("/up", 9000)).on("PUT", f"/up?digest={LAYER.digest}", httpx.Response(201))
    async with script.session() as session:
        await upload.push(session, "app", LAYER, source, chunk_bytes=100)
    assert len(script.requests[2].content) == 9000


async def test_removing_a_tag_restores_it_if_the_throwaway_cannot_be_deleted() -> None:
    """The 2.x way, with a deletion that starts to fail after the tag was moved."""
    before = image()
    script = Script().on("DELETE", "/v2/app/manifests/1", refusal(400, "DIGEST_INVALID"))
    script.on("GET", "/v2/app/manifests/1", served(before))
    put: list[bytes] = []

    def stored(request: httpx.Request) -> httpx.Response:
        put.append(request.content)
        return httpx.Response(201, headers=VERSION)

    def anything(request: httpx.Request) -> httpx.Response:
        key = f"{request.method} {request.url.path}"
        if request.method == "DELETE":
            return refusal(404 if "manifests/1" not in key and not put else 403, "DENIED")
        return {"HEAD": refusal(404), "POST": accepted("/up")}.get(request.method, httpx.Response(201))

    script.on("PUT", "/v2/app/manifests/1", stored, stored)
    script.otherwise = anything
    async with script.session(retry=Retry(attempts=1)) as session:
        with pytest.raises(Exception, match="403"):
            await tag.delete(session, "app", "1")
    assert put[-1] == before.body
    assert len(put) == 2


@pytest.mark.parametrize("pushed", [False, True])
async def test_a_tag_that_leads_nowhere_is_removed_unless_it_was_pushed_meanwhile(pushed: bool) -> None:
    """The 2.x way: it takes several requests, and who pushes in between must not lose the tag."""
    asked = "/v2/app/manifests/1"
    script = Script().on("DELETE", asked, refusal(400, "DIGEST_INVALID"))
    there = {
        **VERSION,
        "Docker-Content-Digest": image().digest,
        "Content-Type": image().media_type,
        "Content-Length": "9",
    }
    gone = refusal(404, "MANIFEST_UNKNOWN")
    script.on("HEAD", asked, httpx.Response(200, headers=there) if pushed else gone)

    def anything(request: httpx.Request) -> httpx.Response:
        deleting = request.method == "DELETE"
        answers = {"HEAD": refusal(404), "POST": accepted("/up"), "GET": refusal(404, "MANIFEST_UNKNOWN")}
        return refusal(404, "MANIFEST_UNKNOWN") if deleting else answers.get(request.method, httpx.Response(201))

    script.otherwise = anything
    async with script.session() as session:
        removed = await tag.delete_dangling(session, "app", "1")
    assert removed is not pushed, script.asked
    assert (f"PUT {asked}" in script.asked) is not pushed


async def test_a_tag_that_leads_nowhere_is_asked_away_once() -> None:
    """Between two attempts somebody may push under it."""
    script = Script().on("DELETE", "/v2/app/manifests/1", refusal(503), httpx.Response(202))
    async with script.session() as session:
        with pytest.raises(ServerFailedError):
            await tag.delete_dangling(session, "app", "1")
    assert len(script.asked) == 1


@pytest.mark.parametrize("place", ["https://elsewhere.test:abc/up", "https://[elsewhere/up"])
async def test_an_upload_that_goes_on_at_no_address_is_an_error_in_words(place: str) -> None:
    script = Script().on("HEAD", BLOB, refusal(404, "BLOB_UNKNOWN"))
    script.on("POST", "/v2/app/blobs/uploads/", accepted(place))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="an address that cannot be read"):
            await upload.push(session, "app", LAYER, source)


async def test_not_found_is_raised_by_calls_that_may_not_take_it_for_empty() -> None:
    script = Script().on("GET", TAGS, refusal(404, "NAME_UNKNOWN"))
    async with script.session() as session:
        with pytest.raises(NotFoundError):
            _ = [name async for name in tag.tags(session, "app")]
