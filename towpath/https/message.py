"""HTTP/1.1 messages by h11: a request as bytes, and an answer out of the pieces in which it comes. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import h11

_HEAD_BYTES = 65536
"""No head, and no line between chunks, is longer."""
_SENT_WITH_LENGTH = frozenset({"PATCH", "POST", "PUT"})


class BrokenMessageError(Exception):
    """What was to be sent or what came is no HTTP/1.1 message; quotes neither."""


class UnsendableHeaderError(BrokenMessageError):
    """A header would hold a character that HTTP does not allow, and end before its value does."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. Among the headers there is `Host`."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


class Headers(Mapping[str, str]):
    """The headers of an answer by name, in any case; several of one name are joined by a comma."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in fields:
            self._values.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        """Return the value. Raises KeyError."""
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        """Give the names, in small letters."""
        return iter(self._values)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._values)

    def each(self, name: str) -> list[str]:
        """Return the values of one name as they came: some hold commas of their own."""
        return list(self._values.get(name.lower(), ()))


def is_success(status_code: int) -> bool:
    """Whether a status is 2xx."""
    return HTTPStatus.OK <= status_code < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins."""

    status_code: int
    headers: Headers = field(default_factory=Headers)

    @property
    def is_success(self) -> bool:
        """Whether it is 2xx."""
        return is_success(self.status_code)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status_code: int
    headers: Mapping[str, str] = field(default_factory=Headers)
    content: bytes = field(default=b"", repr=False)


class Exchange:
    """A request, and its answer: `head` once that is there, and its body in pieces until it is `ended`.

    Raises UnsendableHeaderError.
    """

    def __init__(self, request: Request) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._leads = request.method == "CONNECT"
        self._body: list[bytes] = []
        self._over = False
        self.head: Head | None = None
        self.ended = False
        self.waiting_bytes = 0
        """How much of the body is there and was not taken yet."""
        self.sent = self._written(request)
        """The request's head, and its content."""

    def read(self, piece: bytes) -> None:
        """Take the next piece, b"" at the connection's end.

        Raises BrokenMessageError, and ConnectionResetError where the connection ended too early.
        """
        self._over = not piece
        try:
            self._http.receive_data(piece)
            self._take_events()
        except h11.RemoteProtocolError as error:
            if not piece:
                raise ConnectionResetError("the connection ended before its answer did") from error
            raise BrokenMessageError("its answer is no HTTP/1.1") from error

    def take(self) -> bytes:
        """Return what has come of the body since this was asked last."""
        taken = b"".join(self._body)
        self._body.clear()
        self.waiting_bytes = 0
        return taken

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another one, once the answer is whole."""
        ended = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        return self._leads or (ended and not self._over and not self._http.trailing_data[0])

    def _written(self, request: Request) -> tuple[bytes, bytes]:
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        content = request.content or b""
        if request.content is not None or request.method in _SENT_WITH_LENGTH:
            headers.append((b"Content-Length", str(len(content)).encode()))
        try:
            head = self._http.send(h11.Request(method=request.method, target=request.target, headers=headers))
            if content:
                self._http.send_with_data_passthrough(h11.Data(data=content))
            self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError:
            # Its own words quote the value, and its cause would be shown with it.
            raise UnsendableHeaderError("a header would hold a character that HTTP does not allow") from None
        return head or b"", content

    def _take_events(self) -> None:
        while not self.ended:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                self.head = Head(event.status_code, _headers(event))
                self.ended = self._leads  # what follows is not HTTP any more
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
                self.waiting_bytes += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.ended = True
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return


def _headers(event: h11.Response) -> Headers:
    return Headers((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers)
