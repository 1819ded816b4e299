"""`ProtectedTags`: where the tags lead that retention protects, as the last `up` found them.

Its input `tags` is what the program found; a preview shows a tag that was moved or removed since, and so does a
refresh. The next `up` takes down what it finds and says what was lost: whether that was meant, a person knows.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from components.dynamic.telling import teller
from towpath.images.deletion.watch import changes, look_after

_tell = teller("images.watch")


class ProtectedTagsProvider(ResourceProvider):
    """Keeps what was found; only `read` asks the registry."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where tags could be read and lead elsewhere, or in the credentials; nothing ever replaces."""
        moved = bool(_news["read"]) and _olds.get("tags") != _news["tags"]
        return DiffResult(changes=moved or _olds.get("access") != _news["access"], replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take the tags down."""
        return CreateResult(f"protected@{props['registry']}", props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for each tag; what is otherwise stands in the state until an `up` takes it down."""
        outs = {**props, "tags": look_after(props["access"], props["tags"])}
        return ReadResult(id_, outs, outs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take down what was found, and say what became of the tags that were known; or only the credentials."""
        known = _olds.get("tags") or {}
        if not _news["read"]:
            return UpdateResult({**_news, "tags": known})
        for line in changes(known, _news["tags"]):
            _tell(f"{line}; `python -m towpath images restore` lists what can be put back")
        return UpdateResult(_news)


class ProtectedTags(Resource, module="images", name="ProtectedTags"):
    """The protected tags of a registry."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register: `props` are registry, tags, whether they could be read, and the secret access."""
        super().__init__(ProtectedTagsProvider(), name, props, opts)
