"""A real browser for tests: pages are served to it by a server that knows what was asked for."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

PROGRAMS = ("chromium-headless-shell", "google-chrome", "chromium")
_ALWAYS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr")
_SECONDS = 180
_FRAME = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe src="/page" style="border:0;width:{width}px;height:2000px"></iframe><pre></pre><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument;
  for (const each of page.querySelectorAll("details")) each.open = true;
  const said = ({question})(page);
  document.querySelector("pre").textContent = JSON.stringify(said);
}};
</script>"""


@dataclass
class Browser:
    """Shows pages; `asked` has the path of each request, whatever host it was for."""

    folder: Path
    asked: list[str] = field(default_factory=list)
    console: str = ""
    """What the browser and the page had to say, errors of scripts and of security policies among it."""
    _pages: dict[str, str] = field(default_factory=dict)
    _port: int = 0

    def ask(self, page: str, question: str, *, width: int, dark: bool = False) -> Any:
        """Show a page in so many pixels and return what a JavaScript function of its document returns."""
        self._pages = {"/page": page, "/": _FRAME.format(width=width, question=question)}
        done = self._run(*("--dump-dom", "--window-size=1600,1200"), dark=dark)
        self.console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
        found = re.search(r"<pre>(.*)</pre>", done.stdout, re.DOTALL)
        assert found, done.stdout + done.stderr
        assert found[1], done.stderr
        return json.loads(unescape(found[1]))

    def photograph(self, page: str, place: Path, size: tuple[int, int]) -> None:
        """Write a PNG of a page in a window of so many pixels."""
        self._pages = {"/": page}
        self._run(f"--screenshot={place}", f"--window-size={size[0]},{size[1]}", "--hide-scrollbars", dark=False)

    def _run(self, *arguments: str, dark: bool) -> subprocess.CompletedProcess[str]:
        home = f"http://127.0.0.1:{self._port}/"
        # Every name leads here, so that nothing asks anybody else, and whatever is asked is seen.
        names = f"--host-resolver-rules=MAP * 127.0.0.1:{self._port}"
        colours = f"--blink-settings=preferredColorScheme={'0' if dark else '1'}"
        return subprocess.run(
            [_program(), *_ALWAYS, f"--user-data-dir={self.folder}", names, colours, *arguments, home],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )


def _program() -> str:
    """Find the browser that there is; the test fails with the way out where there is none."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    assert found, f"there is no browser ({', '.join(PROGRAMS)}): apt-get install {PROGRAMS[0]}"
    return found


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start the server; the browser itself starts with each question."""
    shown = Browser(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.asked.append(self.path)
            content = shown._pages.get(self.path, "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shown._port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield shown
    finally:
        server.shutdown()
        server.server_close()
