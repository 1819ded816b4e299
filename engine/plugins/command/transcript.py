"""What a command says: kept as outputs, shown line by line while it runs, and its end kept for an error."""

import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import Literal

Stream = Literal["stdout", "stderr"]
STREAMS: tuple[Stream, Stream] = ("stdout", "stderr")

TAIL_BYTES = 64 * 1024
"""How much of the output an error shows. A gRPC status travels in a header and must stay small; the reason is at the
end."""
LONGEST_LINE = 64 * 1024


class _Lines:
    """Splits a stream of bytes into lines without their ends, as Go's `bufio.ScanLines`; lines too long are cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        return [line.removesuffix(b"\r") for line in lines]

    def finish(self) -> list[bytes]:
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class Transcript:
    """Output of one run. `feed` may be called from several threads.

    `show` gets each line of the streams in `shown`, decoded; it may block, which slows the command down, as a
    terminal does.
    """

    def __init__(self, show: Callable[[str], None], shown: Collection[Stream]) -> None:
        self._show = show
        self._lines = {stream: _Lines() for stream in STREAMS if stream in shown}
        self._chunks: dict[Stream, list[bytes]] = {stream: [] for stream in STREAMS}
        self._tail: deque[bytes] = deque()
        self._tail_bytes = self._total_bytes = 0
        self._lock = threading.Lock()

    def feed(self, stream: Stream, data: bytes) -> None:
        """Take the next bytes of `stream`."""
        with self._lock:
            self._chunks[stream].append(data)
            self._tail.append(data)
            self._tail_bytes += len(data)
            self._total_bytes += len(data)
            while self._tail_bytes - len(self._tail[0]) >= TAIL_BYTES:
                self._tail_bytes -= len(self._tail.popleft())
            lines = self._lines[stream].feed(data) if stream in self._lines else []
        for line in lines:
            self._show(_decode(line))

    def finish(self) -> None:
        """Show what stands behind the last end of line."""
        for lines in self._lines.values():
            for line in lines.finish():
                self._show(_decode(line))

    def text(self, stream: Stream) -> str:
        """Return all of `stream` without one last end of line; what is not UTF-8 becomes U+FFFD."""
        return _decode(b"".join(self._chunks[stream])).removesuffix("\n")

    def tail(self) -> str:
        """Return the end of both streams as they came, at most `TAIL_BYTES`, saying how much is left out."""
        end = b"".join(self._tail)[-TAIL_BYTES:]
        left_out = self._total_bytes - len(end)
        notice = f"[the first {left_out} bytes are left out]\n" if left_out else ""
        return notice + _decode(end)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
