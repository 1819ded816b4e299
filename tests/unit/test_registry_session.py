"""Authentication, retries, redirects and the kinds of errors, against a scripted registry."""

import logging
import traceback

import httpx
import pytest

from tests.unit.scripted_registry import BASE, REGISTRY, VERSION, Script, refusal
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.registry_client import blob, catalog, manifest, tag
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.errors import (
    DeleteDisabledError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RefusedError,
    RegistryError,
    ServerFailedError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
)
from towpath.registry_client.retry import Retry

PASSWORD = "pa" + "ss:wörd"
WHO = Credentials("alice", PASSWORD)


def ok(**document: object) -> httpx.Response:
    return httpx.Response(200, json=document, headers=VERSION)


async def test_basic_credentials_go_out_only_when_asked_for_and_then_always() -> None:
    script = Script()
    script.on("GET", "/v2/", refusal(401, headers=[("WWW-Authenticate", 'Basic realm="r"')]), ok(), ok())
    async with script.session(WHO) as session:
        await catalog.ping(session)
        await catalog.ping(session)
    sent = [request.headers.get("authorization") for request in script.requests]
    assert sent == [None, WHO.basic, WHO.basic]


async def test_a_token_that_is_refused_is_unauthorized_and_no_answer_stays_open() -> None:
    script = Script().on(
        "GET", "/v2/", refusal(401, headers=[("WWW-Authenticate", 'Bearer realm="https://auth.test/t"')])
    )
    script.on("GET", "https://auth.test/t", refusal(401))
    async with script.session(WHO) as session:
        with pytest.raises(UnauthorizedError):
            await catalog.ping(session)


async def test_without_credentials_a_401_is_unauthorized_at_once() -> None:
    script = Script().on("GET", "/v2/", refusal(401, headers=[("WWW-Authenticate", 'Basic realm="r"')]))
    async with script.session() as session:
        with pytest.raises(UnauthorizedError, match="check user name and password"):
            await catalog.ping(session)


async def test_a_token_is_fetched_once_a_scope_and_again_when_it_is_refused() -> None:
    challenge = [("WWW-Authenticate", 'Bearer realm="https://auth.test/token?a=b",service="reg, istry",scope="x"')]
    token_url = "https://auth.test/token?a=b&service=reg%2C+istry&scope=repository%3Aapp%3Apull"
    script = Script()
    script.on("GET", token_url, ok(token="t1", expires_in=300), ok(access_token="t2"))
    page = ok(name="app", tags=["1"])
    script.on("GET", "/v2/app/tags/list?n=1000", refusal(401, headers=challenge), page, page)
    script.on("GET", "/v2/app/tags/list?n=1000", refusal(401, headers=challenge), page)
    async with script.session(WHO) as session:
        for _ in range(3):
            assert [name async for name in tag.tags(session, "app")] == ["1"]
    sent = [r.headers.get("authorization") for r in script.requests if r.url.host == "registry.test"]
    assert sent == [None, "Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]
    assert [r.headers.get("authorization") for r in script.requests if r.url.host == "auth.test"] == [WHO.basic] * 2


async def test_an_identity_token_is_exchanged_in_a_form_and_never_sent_to_the_registry() -> None:
    script = Script()
    script.on("GET", "/v2/", refusal(401, headers=[("WWW-Authenticate", 'Bearer realm="https://auth.test/t"')]), ok())
    script.on("POST", "https://auth.test/t", ok(access_token="a"))
    async with script.session(Credentials("alice", identity_token="re" + "fresh")) as session:
        await catalog.ping(session)
    exchange = next(request for request in script.requests if request.method == "POST")
    assert b"grant_type=refresh_token" in exchange.content
    assert b"refresh_token=refresh" in exchange.content
    assert script.requests[-1].headers["authorization"] == "Bearer a"


async def test_a_token_realm_over_plain_http_gets_no_password() -> None:
    challenge = [("WWW-Authenticate", 'Bearer realm="http://auth.test/t"')]
    script = Script().on("GET", "/v2/", refusal(401, headers=challenge))
    async with script.session(WHO) as session:
        with pytest.raises(UnauthorizedError, match="https realm"):
            await catalog.ping(session)
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_passing_failures_are_retried_after_growing_waits(status: int) -> None:
    script = Script().on("GET", "/v2/", *[refusal(status)] * 3, ok())
    async with script.session() as session:
        await catalog.ping(session)
    assert len(script.waits) == 3
    for wait, ceiling in zip(script.waits, (0.25, 0.5, 1.0), strict=True):
        assert ceiling / 4 <= wait <= ceiling


async def test_retry_after_is_honoured_and_too_long_a_wait_is_not_waited_for() -> None:
    script = Script().on("GET", "/v2/", refusal(429, headers=[("Retry-After", "7")]), ok())
    script.on("GET", "/v2/", refusal(429, "TOOMANYREQUESTS", headers=[("Retry-After", "86400")]))
    async with script.session() as session:
        await catalog.ping(session)
        with pytest.raises(RateLimitedError, match="TOOMANYREQUESTS") as caught:
            await catalog.ping(session)
    assert script.waits == [7.0]
    assert caught.value.wait_seconds == 86400


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), UnreachableError),
        (httpx.ReadError("reset"), UnreachableError),
        (httpx.RemoteProtocolError("cut"), UnreachableError),
        (httpx.ProxyError("407"), UnreachableError),
        (httpx.ConnectTimeout("slow"), TimedOutError),
        (httpx.ReadTimeout("slow"), TimedOutError),
    ],
)
async def test_broken_connections_are_retried_and_then_told_by_kind(raised: Exception, kind: type[Exception]) -> None:
    script = Script().on("GET", "/v2/", raised, ok(), raised, raised)
    async with script.session(retry=Retry(attempts=2)) as session:
        await catalog.ping(session)
        with pytest.raises(kind) as caught:
            await catalog.ping(session)
    assert type(caught.value) is kind
    assert REGISTRY in str(caught.value)


@pytest.mark.parametrize(
    ("method", "status", "kind"),
    [
        ("GET", 401, UnauthorizedError),
        ("GET", 403, ForbiddenError),
        ("GET", 404, NotFoundError),
        ("DELETE", 405, DeleteDisabledError),
        ("GET", 429, RateLimitedError),
        ("GET", 400, RefusedError),
        ("GET", 500, ServerFailedError),
        ("GET", 504, ServerFailedError),
    ],
)
async def test_each_status_has_its_own_kind(method: str, status: int, kind: type[RegistryError]) -> None:
    digest = digest_of(b"x")
    script = Script().on(method, f"/v2/app/manifests/{digest}", refusal(status, "CODE"))
    async with script.session(retry=Retry(attempts=1)) as session:
        asking = manifest.delete(session, "app", digest) if method == "DELETE" else manifest.get(session, "app", digest)
        with pytest.raises(kind) as caught:
            await asking
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.codes == {"CODE"}
    assert f"app@{digest}" in str(caught.value)


@pytest.mark.parametrize("body", [b"default backend - 404", b"{}", b'{"errors": []}', b'{"errors": "x"}'])
async def test_a_404_that_no_registry_gave_does_not_count_as_gone(body: bytes) -> None:
    script = Script().on("GET", "/v2/app/manifests/1", httpx.Response(404, content=body))
    script.on("HEAD", "/v2/app/manifests/1", httpx.Response(404))
    script.on("GET", "/v2/app/manifests/1", httpx.Response(404, content=body))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="not from a registry"):
            await manifest.get(session, "app", "1")
        with pytest.raises(ProtocolError, match="not from a registry"):
            await manifest.head(session, "app", "1")


async def test_a_404_to_head_without_a_sign_of_a_registry_is_confirmed_by_get() -> None:
    body = {"errors": [{"code": "MANIFEST_UNKNOWN"}]}
    script = Script().on("HEAD", "/v2/app/manifests/1", httpx.Response(404))
    script.on("GET", "/v2/app/manifests/1", httpx.Response(404, json=body))
    async with script.session() as session:
        with pytest.raises(NotFoundError):
            await manifest.head(session, "app", "1")


async def test_a_redirect_to_another_host_gets_no_credentials() -> None:
    descriptor = Descriptor("application/octet-stream", digest_of(b"content"), 7)
    elsewhere = "https://storage.test/bucket?signature=s"
    script = Script().on("GET", "/v2/", refusal(401, headers=[("WWW-Authenticate", "Basic")]), ok())
    script.on("GET", f"/v2/app/blobs/{descriptor.digest}", httpx.Response(307, headers={"Location": elsewhere}))
    script.on("GET", elsewhere, httpx.Response(200, content=b"content"))
    async with script.session(WHO) as session:
        await catalog.ping(session)
        assert await blob.get(session, "app", descriptor) == b"content"
    assert script.requests[-2].headers["authorization"] == WHO.basic
    assert "authorization" not in script.requests[-1].headers


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://storage.test/b?sig=tellnoone", "plain HTTP"),
        ("ftp://storage.test/b", "plain HTTP"),
        (None, "without saying where"),
        (f"{BASE}/v2/", "more than 5 times"),
        ("https://storage.test:99999/b?sig=tellnoone", "cannot be read"),
        ("https://[storage.test/b?sig=tellnoone", "cannot be read"),
    ],
)
async def test_redirects_that_lead_astray_are_not_followed(location: str | None, words: str) -> None:
    headers = {"Location": location} if location else {}
    script = Script().on("GET", "/v2/", *[httpx.Response(302, headers=headers) for _ in range(9)])
    async with script.session() as session:
        with pytest.raises(ProtocolError, match=words) as caught:
            await catalog.ping(session)
    assert "tellnoone" not in str(caught.value)


async def test_no_secret_is_in_errors_their_causes_or_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    challenge = [("WWW-Authenticate", "Basic")]
    signed = "https://storage.test/b?X-Amz-Signature=tellnoone"
    script = Script().on("GET", "/v2/", refusal(401, headers=challenge), refusal(401, headers=challenge))
    script.on("GET", "/v2/", httpx.Response(307, headers={"Location": signed}))
    script.on("GET", signed, httpx.ReadError(""), httpx.Response(403, content=b"no"))
    script.on("GET", "/v2/", httpx.Response(307, headers={"Location": signed}))
    texts = []
    async with script.session(WHO, retry=Retry(attempts=1)) as session:
        for _ in range(3):
            with pytest.raises(RegistryError) as caught:
                await catalog.ping(session)
            texts.append("".join(traceback.format_exception(caught.value)))
    assert script.requests[1].headers["authorization"] == WHO.basic
    for text in (*texts, caplog.text, repr(WHO), repr(session)):
        for secret in (PASSWORD, WHO.basic.removeprefix("Basic "), "tellnoone"):
            assert secret not in text


async def test_a_hostile_error_text_is_cut_and_cleaned() -> None:
    body = {"errors": [{"code": "X", "message": "\x1b[31m" + "a" * 9999}]}
    script = Script().on("GET", "/v2/", httpx.Response(400, json=body))
    async with script.session() as session:
        with pytest.raises(RefusedError) as caught:
            await catalog.ping(session)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"[" * 100_000])
async def test_an_answer_that_is_no_json_object_is_a_protocol_error(body: bytes) -> None:
    script = Script().on("GET", "/v2/app/tags/list?n=1000", httpx.Response(200, content=body))
    async with script.session() as session:
        with pytest.raises(ProtocolError, match="no JSON object"):
            _ = [name async for name in tag.tags(session, "app")]
