"""An API server of Namespaces and Secrets that counts what it is asked, for tests of how much that is."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from towpath.cluster.client import ClusterClient
from towpath.cluster.transport import Limits
from towpath.https.message import Answer
from towpath.registry_client.retry import Retry


class Nobody:
    """Credentials that are none."""

    renewable = False

    def headers(self) -> dict[str, str]:
        return {}


@dataclass
class SecretsServer:
    """`asked` has method and path of each request. As a transport of a `ClusterClient` it answers at once."""

    namespaces: list[str]
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def client(self) -> ClusterClient:
        return ClusterClient("https://fake", Nobody(), self, Limits(), Retry(attempts=1))  # type: ignore[arg-type]

    @asynccontextmanager
    async def opened(self, *_: object) -> AsyncIterator[ClusterClient]:
        """Stand in for `ClusterAccess.client`."""
        yield self.client()

    def taken(self) -> list[tuple[str, str]]:
        """Return what was asked since the last time."""
        taken, self.asked = self.asked, []
        return taken

    async def aclose(self) -> None:
        return

    async def send(
        self, method: str, target: str, _headers: Mapping[str, str], content: bytes | None, _step: str
    ) -> Answer:
        parts = urlsplit(target)
        self.asked.append((method, parts.path))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if method == "GET":
            return _page(self._items(parts.path), query)
        assert (method, query["fieldManager"]) == ("PATCH", "towpath")
        namespace = parts.path.split("/")[4]
        self.secrets[namespace] = json.loads(content or b"")
        return Answer(200, {}, b"{}")

    def _items(self, path: str) -> list[dict[str, Any]]:
        if path == "/api/v1/namespaces":
            return [{"metadata": {"name": name}} for name in self.namespaces]
        assert path == "/api/v1/secrets"
        return list(self.secrets.values())


def _page(items: list[dict[str, Any]], query: Mapping[str, str]) -> Answer:
    begin = int(query.get("continue", 0))
    end = begin + int(query["limit"])
    metadata = {"continue": str(end)} if end < len(items) else {}
    return Answer(200, {}, json.dumps({"items": items[begin:end], "metadata": metadata}).encode())
