"""What one node is asked, as the lines that the probe reads (script/main.sh).

    towpath-doctor 1
    unit NAME PROGRAM
    space FOLDER
    resolve NAME
    tls ID HOST PORT verify_hostname|verify_ip NAME CA PROXY USER PASSWORD
    pull RUNTIME ENDPOINT CONFIG
    content N                    followed by base64, for each N
    end

CA, USER, PASSWORD and CONFIG are numbers of contents, PROXY is `host:port`; `-` is a field that is not given.
"""

import base64
import json
from dataclasses import dataclass, field

from towpath.nodes.wish import Runtime
from towpath.registry_client.credentials import Credentials
from towpath.settings.validators import is_address

PROGRAMS: dict[Runtime, str] = {
    "docker": "dockerd",
    "containerd": "containerd",
    "crio": "crio",
    "k3s": "k3s",
    "k3s-agent": "k3s",
    "rke2-server": "rke2",
    "rke2-agent": "rke2",
    "kubelet": "kubelet",
}
"""The daemon of each runtime that has one."""

ABSENT_IMAGE = "towpath-doctor/absent:probe"
"""What is asked for: an image that nobody has. The way there is what counts, and no byte is left on the node."""


@dataclass(frozen=True)
class HttpProxy:
    """A proxy that takes CONNECT over plain TCP."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Tls:
    """Speak TLS with a registry and ask for `/v2/`. `host` without brackets; `ca_pem` None: the system's trust."""

    id: str
    host: str
    port: int
    ca_pem: str | None = None
    proxy: HttpProxy | None = None


@dataclass(frozen=True)
class Pull:
    """Ask a runtime for the absent image of a registry, `endpoint` as in image references."""

    runtime: Runtime
    endpoint: str
    credentials: Credentials | None = None


@dataclass(frozen=True)
class Questions:
    """All questions to one node."""

    units: tuple[Runtime, ...] = ()
    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tls: tuple[Tls, ...] = ()
    pulls: tuple[Pull, ...] = ()

    def render(self) -> str:
        """Write them down. The text holds secrets in a form that anyone can decode."""
        return _Writer().text(self)


class _Writer:
    def __init__(self) -> None:
        self._contents: list[str] = []

    def text(self, questions: Questions) -> str:
        lines = [f"unit {name} {PROGRAMS[name]}" for name in questions.units]
        lines += [f"space {folder}" for folder in questions.folders]
        lines += [f"resolve {name}" for name in questions.names]
        lines += [self._tls(each) for each in questions.tls]
        lines += [self._pull(each) for each in questions.pulls]
        for number, content in enumerate(self._contents):
            lines += [f"content {number}", base64.encodebytes(content.encode()).decode().rstrip("\n")]
        return "\n".join(["towpath-doctor 1", *lines, "end", ""])

    def _content(self, text: str | None) -> str:
        if text is None:
            return "-"
        self._contents.append(text)
        return str(len(self._contents) - 1)

    def _tls(self, question: Tls) -> str:
        kind = "verify_ip" if is_address(question.host) else "verify_hostname"
        proxy = question.proxy
        fields = (
            question.id,
            _bracketed(question.host),
            question.port,
            kind,
            question.host,
            self._content(question.ca_pem),
            f"{_bracketed(proxy.host)}:{proxy.port}" if proxy else "-",
            self._content(proxy.user if proxy else None),
            self._content(proxy.password if proxy else None),
        )
        return " ".join(["tls", *map(str, fields)])

    def _pull(self, question: Pull) -> str:
        login = question.credentials
        auth = login.basic.removeprefix("Basic ") if login else None
        config = json.dumps({"auths": {question.endpoint: {"auth": auth}}}) if auth else None
        return f"pull {question.runtime} {question.endpoint} {self._content(config)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
