"""The pure parts of asking: challenges, tokens, waits, proxies, redirects, links."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.https import proxies
from towpath.oci.errors import InvalidReferenceError
from towpath.registry_client.challenge import Challenge, parse_challenges
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.errors import UntrustedCertificateError
from towpath.registry_client.page import next_link
from towpath.registry_client.retry import Retry, retry_after_seconds
from towpath.registry_client.token import UnusableChallengeError, parse_token, token_request
from towpath.registry_client.transport import Limits, Transport, request_for

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


def test_challenges_are_read_many_in_a_header_with_quotes_and_commas() -> None:
    header = r'Basic realm="a \"b\", c", Bearer realm="https://t/x",service=reg,scope="repository:a:pull,push"'
    assert parse_challenges([header, "Negotiate"]) == [
        Challenge("basic", {"realm": 'a "b", c'}),
        Challenge("bearer", {"realm": "https://t/x", "service": "reg", "scope": "repository:a:pull,push"}),
        Challenge("negotiate", {}),
    ]


@given(st.lists(st.text(max_size=40), max_size=3))
def test_no_header_breaks_the_reader(headers: list[str]) -> None:
    parse_challenges(headers)
    next_link(headers)


@pytest.mark.parametrize(
    "realm", ["", "http://t/x", "//t/x", "https://", "file:///etc/passwd", "https://t:abc/x", "https://[t/x"]
)
def test_a_token_is_asked_for_over_https_alone(realm: str) -> None:
    with pytest.raises(UnusableChallengeError):
        token_request(Challenge("bearer", {"realm": realm}), ["a"], Credentials("u", "p"))


def test_a_token_request_keeps_the_realms_query_and_repeats_scopes() -> None:
    request = token_request(Challenge("bearer", {"realm": "https://t/x?a=1", "service": "s"}), ["one", "two"], None)
    assert (request.method, request.url) == ("GET", "https://t/x?a=1&service=s&scope=one&scope=two")
    assert request.headers == {}


@pytest.mark.parametrize(
    ("body", "good_for"),
    [
        (b'{"token": "t"}', 50),
        (b'{"access_token": "t", "expires_in": 300}', 290),
        (b'{"token": "t", "expires_in": 1}', 50),
        (b'{"token": "t", "expires_in": "soon"}', 50),
    ],
)
def test_a_token_is_good_for_what_it_says_less_a_margin(body: bytes, good_for: float) -> None:
    token = parse_token(body, 1000.0)
    assert token is not None
    assert token.good_until == 1000.0 + good_for
    assert "t'" not in repr(token)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": ""}', b'{"token": 5}'])
def test_an_answer_without_a_token_is_none(body: bytes) -> None:
    assert parse_token(body, 0.0) is None


@given(st.integers(1, 40))
def test_waits_grow_to_a_ceiling_and_end(attempt: int) -> None:
    retry = Retry(attempts=30)
    wait = retry.wait_seconds(attempt, None, uniform=lambda _low, high: high)
    if attempt >= 30:
        assert wait is None
    else:
        assert wait == min(10.0, 0.25 * 2 ** (attempt - 1))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("no_proxy", "host", "excluded"),
    [
        ("corp", "corp", True),
        ("corp", "a.corp", True),
        ("corp", "acorp", False),
        (".corp", "corp", False),
        (".corp", "a.corp", True),
        ("*.corp", "a.corp", True),
        ("*.corp", "corp", False),
        ("*", "anything.test", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "ten.test", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:6000", "10.1.2.3", True),
        ("10.1.2.3:6001", "10.1.2.3", False),
        ("reg.test:6000", "reg.test", True),
        ("reg.test:443", "reg.test", False),
        ("fd00::/8", "[fd00::5]", True),
        ("fd00::5", "fd00::5", True),
        ("nonsense/99, Reg.Test", "reg.test", True),
        ("", "reg.test", False),
        (",,", "reg.test", False),
    ],
)
def test_no_proxy_means_what_it_means_to_docker(no_proxy: str, host: str, excluded: bool) -> None:
    assert proxies.excluded(host, 6000, no_proxy) is excluded


def via(host: str, environment: dict[str, str], *addresses: str) -> str | None:
    def resolve(_host: str) -> list[str]:
        if not addresses:
            raise OSError("no such name")
        return list(addresses)

    return proxies.proxy_for(host, 443, environment, resolve)


def test_the_environments_proxy_is_for_public_addresses_alone() -> None:
    environment = {"HTTPS_PROXY": "http://proxy.test:3128"}
    proxy = environment["HTTPS_PROXY"]
    assert [via(host, environment) for host in ("10.89.0.11", "127.0.0.1", "fd00::1", "169.254.1.1")] == [None] * 4
    assert via("8.8.8.8", environment) == proxy
    assert via("registry.corp", environment, "10.0.0.7", "fd00::7") is None
    assert via("registry.example.com", environment, "93.184.215.14") == proxy
    assert via("unknown.example.com", environment) == proxy, "names that only the proxy can resolve go through it"
    assert via("localhost", environment, "8.8.8.8") is None


def test_the_environment_may_name_the_proxy_in_its_own_ways() -> None:
    assert via("8.8.8.8", {"https_proxy": "proxy:1"}) == "http://proxy:1"
    assert via("8.8.8.8", {"ALL_PROXY": "http://a:1"}) == "http://a:1"
    assert via("8.8.8.8", {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "8.0.0.0/8"}) is None
    assert via("8.8.8.8", {"HTTP_PROXY": "http://a:1"}) is None
    assert via("8.8.8.8", {}) is None


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://registry.test:6000/v2/", "registry.test:6000", "/v2/"),
        ("https://storage.test", "storage.test", "/"),
        ("https://[fd00::1]:443/a", "[fd00::1]:443", "/a"),
        ("https://user:pass@storage.test/a#part", "storage.test", "/a"),
        (
            "https://storage.test/a b/é?X-Sig=a%2Fb%20c+d&e={}",
            "storage.test",
            "/a%20b/%C3%A9?X-Sig=a%2Fb%20c+d&e=%7B%7D",
        ),
        ("https://storage.test/a\r\nX: y?b", "storage.test", "/aX:%20y?b"),
    ],
)
def test_a_signed_address_is_asked_for_as_it_was_signed(url: str, host: str, target: str) -> None:
    """What a request line cannot hold is escaped; what is escaped already stays as it is."""
    asked = request_for("GET", url, {"Accept": "x"}, None)
    assert (asked.headers, asked.target) == ({"Host": host, "Accept": "x"}, target)


def test_an_endpoint_owns_its_own_origin_alone() -> None:
    endpoint = Endpoint("Registry.test")
    assert endpoint.owns("https://registry.test:443/v2/")
    assert not any(
        endpoint.owns(url)
        for url in ("http://registry.test/", "https://registry.test:6000/", "https://registry.test.evil/", "/v2/", "")
    )
    assert Endpoint("docker.io").base_url == "https://registry-1.docker.io"
    with pytest.raises(InvalidReferenceError):
        Endpoint("https://registry.test")


def test_a_ca_that_cannot_be_read_is_said_to_be_one() -> None:
    with pytest.raises(UntrustedCertificateError, match="BEGIN CERTIFICATE"):
        Transport(Endpoint("registry.test", ca_pem="nonsense"), Limits())


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</v2/x?last=a,b&n=1>; rel="next"', "/v2/x?last=a,b&n=1"),
        ("</a>; rel=next", "/a"),
        ('</a>; rel="prev", </b>; rel="next"', "/b"),
        ('</a>; rel="prev"', None),
        ("nonsense", None),
    ],
)
def test_the_next_link_is_found_among_others(header: str, target: str | None) -> None:
    assert next_link([header]) == target


def test_credentials_are_not_shown() -> None:
    assert "hidden" not in repr(Credentials("u", "hid" + "den", "hid" + "den"))
