"""`ImageDeletion`: what is to be deleted from a registry, as found while the program ran.

Its inputs `deletions` and `untaggings` are the plan, so that a preview shows each manifest; with none, nothing is to be
done whatever the state has from earlier ones. Create and update carry it out; delete leaves the registry alone. What a
run could not do is an output: `ImageDeletionOutcome` fails the `up` for it.
"""

from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from components.dynamic.telling import teller
from towpath.images.deletion.upkeep import delete_images, is_due

MADE = ("run", "deleted", "untagged", "skipped", "failures", "runs")
"""The outputs beside the inputs."""

_tell = teller("images.retention")


class ImageDeletionProvider(ResourceProvider):
    """Unpacks, has the work done, packs."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change only where there is something to delete, or an old failure to forget; nothing ever replaces."""
        return DiffResult(changes=is_due(_olds, _news), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Carry the first plan out."""
        return CreateResult(f"deletion@{props['registry']}", {**props, **delete_images(props, 0, Path.cwd(), _tell)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Ask nobody: what was deleted stays deleted or, if it came back, is for the program to find."""
        return ReadResult(id_, props, {key: value for key, value in props.items() if key not in MADE})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Carry a plan out."""
        runs = int(_olds.get("runs") or 0)
        return UpdateResult({**_news, **delete_images(_news, runs, Path.cwd(), _tell)})


class ImageDeletion(Resource, module="images", name="ImageDeletion"):
    """The last deletion of a registry's images."""

    run: pulumi.Output[str]
    """Under which name its manifests are saved; empty where nothing was deleted yet."""
    deleted: pulumi.Output[list[str]]
    """Manifests that went, `repository@digest`."""
    untagged: pulumi.Output[list[str]]
    """Tags that went, `repository:tag`."""
    skipped: pulumi.Output[list[str]]
    """What was planned and stayed, with the reason."""
    failures: pulumi.Output[list[str]]
    """Lines that say what was not done and why; empty where all was."""
    runs: pulumi.Output[int]
    """How many runs deleted something so far; a collection follows when it changes."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register: `props` are registry, stack, save_folder, planned_at, the plan, the secrets access and cluster."""
        super().__init__(ImageDeletionProvider(), name, {**props, **dict.fromkeys(MADE)}, opts)
