"""A registry in memory whose answers take turns at random: for what may be under way at the same time."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.unit.replaced_network import ReplacedNetwork
from tests.unit.scripted_registry import REGISTRY, VERSION, refusal
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits

Refusing = Callable[[str], httpx.Response | None]


@dataclass
class SlowRegistry(httpx.AsyncBaseTransport):
    """Keeps manifests and tags by repository; takes requests down as `METHOD repository locator`.

    `before` hears of each as it arrives; `refuse` answers in place of the registry.
    """

    seed: int = 0
    refuse: Refusing = lambda _: None
    before: Callable[[str], None] = lambda _: None
    manifests: dict[str, dict[Digest, Manifest]] = field(default_factory=dict)
    tags: dict[str, dict[str, Digest]] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)
    live: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        """Seed the delays."""
        self._random = random.Random(self.seed)

    def push(self, repository: str, found: Manifest, *tags: str) -> Manifest:
        """Store a manifest under tags."""
        self.manifests.setdefault(repository, {})[found.digest] = found
        self.tags.setdefault(repository, {}).update(dict.fromkeys(tags, found.digest))
        return found

    def session(self, concurrency: int = 8) -> RegistrySession:
        """Open a session that asks once."""
        limits = Limits(concurrency=concurrency)
        return RegistrySession(
            Endpoint(REGISTRY), network=ReplacedNetwork(self), retry=Retry(attempts=1), limits=limits
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer after a while."""
        repository, _, rest = request.url.path.removeprefix("/v2/").partition("/")
        kind, _, locator = rest.partition("/")
        asked = f"{request.method} {repository} {locator}"
        self.before(asked)
        self.begun.append(asked)
        self.events.append(("begun", asked))
        self.live += 1
        self.most = max(self.most, self.live)
        for _ in range(self._random.randint(1, 20)):
            await asyncio.sleep(0)
        self.live -= 1
        answer = self.refuse(asked) or self._answer(request.method, repository, kind, locator)
        self.events.append(("answered", asked))
        return answer

    def _answer(self, method: str, repository: str, kind: str, locator: str) -> httpx.Response:
        if repository == "_catalog":
            return httpx.Response(200, json={"repositories": [*self.tags]})
        if kind == "tags":
            return httpx.Response(200, json={"name": repository, "tags": [*self.tags[repository]]})
        held, tags = self.manifests[repository], self.tags[repository]
        found = held.get(tags.get(locator, Digest(locator)))
        if kind != "manifests" or found is None:
            return refusal(404, "MANIFEST_UNKNOWN")
        if method == "DELETE":
            if locator in tags:
                del tags[locator]
            else:
                del held[found.digest]
                self.tags[repository] = {name: digest for name, digest in tags.items() if digest != found.digest}
            return httpx.Response(202, headers=VERSION)
        headers = {"Content-Type": found.media_type, "Docker-Content-Digest": found.digest, **VERSION}
        if method == "HEAD":
            return httpx.Response(200, headers={**headers, "Content-Length": str(len(found.body))})
        return httpx.Response(200, content=found.body, headers=headers)


def image(name: str) -> Manifest:
    """Return an image like no other."""
    config = Descriptor(media_types.OCI_CONFIG, digest_of(b"{}"), 2).to_json()
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": config, "layers": []}
    return parse_manifest(json.dumps({**document, "annotations": {"name": name}}).encode())


def index(*children: Manifest) -> Manifest:
    """Return an index of them."""
    parts = [child.descriptor.to_json() for child in children]
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": parts}
    return parse_manifest(json.dumps(document).encode())
