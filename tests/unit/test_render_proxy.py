"""Proxy URLs with odd characters, and the list of what goes past the proxy."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.nodes.errors import NodeError
from towpath.nodes.no_proxy import Surroundings, complete_no_proxy
from towpath.nodes.proxy import Proxy
from towpath.nodes.proxy_url import proxy_password, proxy_url

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%:@/[]")
printable = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(user=printable.filter(lambda text: ":" not in text and "%" not in text), password=printable)
def test_any_password_arrives_as_it_was_meant(user: str, password: str) -> None:
    url = proxy_url(f"http://{user}:{password.replace('%', '%25')}@proxy.example.com:3128")
    assert set(url) <= SAFE
    parts = urlsplit(url)
    assert (parts.hostname, parts.port) == ("proxy.example.com", 3128)
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)
    assert proxy_password(url) == password
    assert proxy_url(url) == url


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("HTTP://10.0.0.1:3128/", "http://10.0.0.1:3128"),
        ("http://[fe80::1]:3128", "http://[fe80::1]:3128"),
        ("socks5://proxy", "socks5://proxy"),
        ("http://user@proxy", "http://user@proxy"),
        ("http://u:p@ss/w#d?@proxy:1", "http://u:p%40ss%2Fw%23d%3F@proxy:1"),
        ("http://u:a%20b c@proxy:1", "http://u:a%20b%20c@proxy:1"),
        ("http://u:$`\"'\\;&@proxy:1", "http://u:%24%60%22%27%5C%3B%26@proxy:1"),
        ("http://u:pä:ß@proxy:1", "http://u:p%C3%A4%3A%C3%9F@proxy:1"),
    ],
)
def test_what_is_written_and_what_stands_in_files(written: str, rendered: str) -> None:
    assert proxy_url(written) == rendered


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("proxy:3128", "is not of the form"),
        ("", "is not of the form"),
        ("ftp://proxy:3128", "begins with 'ftp'"),
        ("http://", "is not of the form"),
        ("http://proxy name:3128", "is not of the form"),
        ("http://proxy:3128/path", "is not of the form"),
        ("http://proxy:0", "has port 0"),
        ("http://proxy:99999", "has port 99999"),
        ("http://u:hush%zz@proxy", "begins no %XX"),
        ("http://u:hush%@proxy", "begins no %XX"),
        ("http://u:hush\n@proxy", "control character"),
        ("http://u:hush@", "is not host:port"),
        ("http://u:hush@pro$y:1", "is not host:port"),
        ("http://[::zz]:1", "is not of the form"),
    ],
)
def test_what_is_unclear_is_refused_without_showing_it(written: str, reason: str) -> None:
    with pytest.raises(NodeError) as caught:
        proxy_url(written)
    assert reason in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_list_past_the_proxy_is_complete_and_without_repeats() -> None:
    around = Surroundings(
        ("10.89.0.0/24",),
        ("10.96.0.0/12",),
        ("10.244.0.0/16",),
        "cluster.local",
        ("registry.example.com", "10.89.0.11"),
    )
    assert complete_no_proxy(["localhost", ".corp", " 10.89.0.0/24 ", "host:8080", "fe80::/10"], around) == (
        "localhost", "127.0.0.0/8", "::1", "10.89.0.0/24", "10.96.0.0/12", "10.244.0.0/16", ".svc", ".cluster.local",
        "registry.example.com", "10.89.0.11", ".corp", "host:8080", "fe80::/10",
    )  # fmt: skip
    assert ".svc" not in complete_no_proxy([], Surroundings(cluster_domain=None))


@pytest.mark.parametrize("item", ["*.corp", "a,b", "a b", "http://x", "", "10.0.0.0/99", 'x"y', "a$b", "a\nb"])
def test_an_item_that_nobody_would_understand_is_refused(item: str) -> None:
    with pytest.raises(NodeError):
        complete_no_proxy([item], Surroundings())


def test_a_password_makes_files_narrow_and_is_masked() -> None:
    proxy = Proxy.of("http://u:p@ss@proxy:1", None)
    assert proxy.mode == "0600"
    assert set(proxy.secrets) == {"p@ss", "p%40ss"}
    assert "p@ss" not in repr(proxy)
    assert "p%40ss" not in repr(proxy)
    plain = Proxy.of(None, "http://proxy:1", ("a",))
    assert (plain.mode, plain.secrets) == ("0644", ())
    assert plain.environment == {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "localhost,127.0.0.0/8,::1,a"}
    assert set(plain.both_cases) == {"HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy"}
