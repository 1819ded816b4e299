"""A TLS server in front of a registry that passes requests on, unless a fault is due."""

import http.client
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.lab.registry_server import RegistryServer


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead: a status, a body with a changed byte, or one that breaks off."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    corrupt: bool = False
    cut_after_bytes: int | None = None
    cut_request: bool = False
    """Break off after the registry has taken the request, without an answer."""
    body: bytes | None = None


Due = Callable[[str, str, int], Fault | None]
"""Takes method, path and how often that was asked before; None lets it pass."""


@dataclass
class FaultyProxy:
    """As a context manager it listens on a loopback port of its own, with the registry's certificate."""

    server: RegistryServer
    due: Due
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    port: int = 0
    _http: ThreadingHTTPServer | None = None

    @property
    def host(self) -> str:
        """`host:port`, as in a reference."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.folder / "certificate.pem", self.server.folder / "key.pem")
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        if self._http:
            self._http.shutdown()
            self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                proxy.answer(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Pass one request on, or let the fault happen."""
        content = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        path = request.path.partition("?")[0]
        key = f"{request.command} {path}"
        fault = self.due(request.command, path, self.asked.count(key))
        self.asked.append(key)
        if request.headers.get("Range"):
            self.ranges.append(f"{path} {request.headers['Range']}")
        if fault and fault.status:
            _send(request, fault.status, list(fault.headers), fault.body or b"")
            return
        status, headers, body = self._passed_on(request, content)
        if fault and fault.cut_request:
            request.close_connection = True
            return
        if fault and fault.body is not None:
            body, headers = fault.body, [(k, v) for k, v in headers if k.lower() != "content-length"]
        if fault and fault.corrupt:
            body = bytes([body[0] ^ 1]) + body[1:]
        _send(request, status, headers, body, fault.cut_after_bytes if fault else None)

    def _passed_on(self, request: BaseHTTPRequestHandler, content: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        trust = ssl.create_default_context(cadata=self.server.ca_pem)
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, context=trust, timeout=120)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "connection"}
            connection.request(request.command, request.path, content or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    cut_after_bytes: int | None = None,
) -> None:
    request.send_response_only(status)
    for name, value in headers:
        if name.lower() not in ("connection", "transfer-encoding"):
            request.send_header(name, value)
    if not any(name.lower() == "content-length" for name, _ in headers):
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if request.command == "HEAD":
        return
    if cut_after_bytes is not None:
        request.wfile.write(body[:cut_after_bytes])
        request.wfile.flush()
        request.close_connection = True
        return
    request.wfile.write(body)
