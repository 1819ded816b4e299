"""HTTP/1.1 as a client speaks it: bytes of requests, and answers out of whatever pieces they come in."""

import pytest

from towpath.https.message import Answer, BrokenMessageError, Exchange, Request

HELD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: today\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
TO_THE_END = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello"


def asked(method: str = "GET", content: bytes | None = None, **headers: str) -> Exchange:
    return Exchange(Request(method, "/x", {"Host": "a:1", **headers}, content))


def read(*pieces: bytes) -> tuple[Answer, bool]:
    """Feed the pieces; more than were needed, and fewer, fail the test."""
    exchange, waiting = asked(), list(pieces)
    while waiting:
        exchange.read(waiting.pop(0))
        if exchange.ended and exchange.head:
            assert waiting in ([], [b""])
            return Answer(exchange.head.status_code, exchange.head.headers, exchange.take()), exchange.reusable
    raise AssertionError("it wants more")


@pytest.mark.parametrize(("message", "stays"), [(HELD, True), (CHUNKED, True), (TO_THE_END, False)])
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(message: bytes, stays: bool) -> None:
    for cut in range(1, len(message)):
        answer, found = read(message[:cut], message[cut:], b"")
        assert (answer.status_code, answer.content, found) == (200, b"hello", stays)
    answer, _ = read(*(bytes([each]) for each in message), b"")
    assert answer.content == b"hello"


def test_names_of_headers_are_small_and_values_of_a_name_are_joined() -> None:
    answer, _ = read(b"HTTP/1.1 429 Too Many\r\nRetry-After:  7 \r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n")
    assert answer == Answer(429, {"retry-after": "7", "vary": "a, b", "content-length": "0"}, b"")


def test_what_only_says_that_more_comes_is_no_answer() -> None:
    answer, stays = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HELD)
    assert (answer.status_code, answer.content, stays) == (200, b"hello", True)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_ends_with_its_headers(status: int) -> None:
    assert read(f"HTTP/1.1 {status} X\r\n\r\n".encode())[1]


@pytest.mark.parametrize(
    "last",
    [
        b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        HELD + b"HTTP/1.1 200 OK",
    ],
)
def test_after_some_answers_the_connection_carries_no_other(last: bytes) -> None:
    answer, stays = read(last)
    assert (answer.content, stays) == (b"hello", False)


@pytest.mark.parametrize("message", [HELD[:-1], CHUNKED[:-1], CHUNKED[:50], b"HTTP/1.1 200", b""])
def test_an_answer_that_breaks_off_is_none(message: bytes) -> None:
    with pytest.raises(ConnectionResetError):
        read(*([message] if message else []), b"")


@pytest.mark.parametrize(
    "message",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
    ],
)
def test_what_is_no_answer_is_said_without_quoting_it(message: bytes) -> None:
    with pytest.raises(BrokenMessageError) as error:
        read(message, b"more", b"more")
    assert message[9:].decode() not in str(error.value)


def test_a_request_says_how_long_it_is() -> None:
    assert asked().sent == (b"GET /x HTTP/1.1\r\nHost: a:1\r\n\r\n", b"")
    assert asked("POST").sent == (b"POST /x HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n", b"")
    head = "DELETE /x HTTP/1.1\r\nHost: a:1\r\nAs: é\r\nContent-Length: 2\r\n\r\n"
    assert asked("DELETE", b"{}", As="é").sent == (head.encode(), b"{}")


def test_a_proxys_word_on_the_way_is_an_answer_by_its_headers_alone() -> None:
    refused = asked("CONNECT")
    refused.read(b"HTTP/1.1 407 No\r\nContent-Length: 900\r\n\r\n")
    assert refused.ended
    assert refused.head
    assert refused.head.status_code == 407
    led = asked("CONNECT")
    led.read(b"HTTP/1.1 200 OK\r\n\r\n")
    assert led.head
    assert led.head.is_success
    assert led.reusable


@pytest.mark.parametrize("value", ["a\r\nImpersonate-User: admin", "a\nb", "a\0b"])
def test_a_header_cannot_begin_another_one_and_its_value_is_not_told(value: str) -> None:
    with pytest.raises(BrokenMessageError) as error:
        asked(Authorization=value)
    assert value not in str(error.value)
    assert error.value.__suppress_context__
