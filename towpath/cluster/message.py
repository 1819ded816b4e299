"""HTTP/1.1 messages by h11: a request as bytes, and an answer out of the pieces in which it comes. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import h11

_HEAD_BYTES = 65536
"""No head, and no line between chunks, is longer."""
_SENT_WITH_LENGTH = frozenset({"PATCH", "POST", "PUT"})


class BrokenMessageError(Exception):
    """What was to be sent or what came is no HTTP/1.1 message; quotes neither."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. Among the headers there is `Host`."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; names of headers are in small letters."""

    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)


class Exchange:
    """A request, and its answer. Raises BrokenMessageError where a header would end before its value does."""

    def __init__(self, request: Request) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._leads = request.method == "CONNECT"
        self._head: h11.Response | None = None
        self._body: list[bytes] = []
        self._over = False
        self.sent = self._written(request)
        """The request's bytes."""

    def read(self, piece: bytes) -> Answer | None:
        """Take the next piece, b"" at the connection's end; return the answer once it is whole.

        Raises BrokenMessageError, and ConnectionResetError where the connection ended too early.
        """
        self._over = not piece
        try:
            self._http.receive_data(piece)
            return self._answer()
        except h11.RemoteProtocolError as error:
            if not piece:
                raise ConnectionResetError("the connection ended before its answer did") from error
            raise BrokenMessageError("its answer is no HTTP/1.1") from error

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another one, once the answer is whole."""
        ended = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        return self._leads or (ended and not self._over and not self._http.trailing_data[0])

    def _written(self, request: Request) -> bytes:
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        if request.content is not None or request.method in _SENT_WITH_LENGTH:
            headers.append((b"Content-Length", str(len(request.content or b"")).encode()))
        try:
            head = self._http.send(h11.Request(method=request.method, target=request.target, headers=headers))
            body = self._http.send(h11.Data(data=request.content)) if request.content else b""
            end = self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError:
            # Its own words quote the value, and its cause would be shown with it.
            why = "a header would hold a character that HTTP does not allow; correct user and token of the kubeconfig"
            raise BrokenMessageError(why) from None
        return b"".join(part for part in (head, body, end) if part)

    def _answer(self) -> Answer | None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                self._head = event
                if self._leads:
                    return self._whole(event)
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._head:
                return self._whole(self._head)
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return None

    def _whole(self, head: h11.Response) -> Answer:
        headers: dict[str, str] = {}
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Answer(head.status_code, headers, b"".join(self._body))
