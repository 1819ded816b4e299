"""`DeletedImages`: what the retention policies let go, planned while the program runs."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from components.dynamic.image_deletion import ImageDeletion
from components.dynamic.image_deletion_outcome import ImageDeletionOutcome
from components.dynamic.protected_tags import ProtectedTags
from towpath.errors import TowpathError
from towpath.images.deletion.step import bytes_in_words, to_inputs
from towpath.images.deletion.survey import Question, Survey, cautions, plan
from towpath.images.errors import ImagesError, ReviewError
from towpath.images.retention.decide import MirroredImage
from towpath.images.retention.plan import Plan, from_json
from towpath.images.retention.protection import protected_tags
from towpath.settings.images import Images

if TYPE_CHECKING:
    from towpath.cluster.access import ClusterAccess

_SHOWN = 20


@dataclass(frozen=True)
class DeletedImagesArgs:
    """What goes, and how to reach the registry that has it."""

    registry: str
    """`HOST:PORT` of the stack's own."""
    stack: str
    access: pulumi.Output[dict[str, Any]]
    """Record of a `RegistryAccess`, secret."""
    verdict: "Verdict"
    save_folder: str
    cluster: "ClusterAccess | None" = None
    """Whose pods keep what they use; asked again just before the deletion."""
    watch: bool = False
    """Remember where protected tags lead."""


@dataclass(frozen=True)
class Verdict:
    """What goes, and where the tags lead that must not; None: that could not be read."""

    plan: Plan
    protected: Mapping[str, str] | None = None


class DeletedImages(pulumi.ComponentResource):
    """One resource whose inputs are the plan. A destroy of it deletes nothing."""

    runs: pulumi.Output[int]
    """How many runs deleted something so far."""
    deleted: pulumi.Output[list[str]]
    """What the last one deleted."""
    protected: ProtectedTags | None = None
    """What watches over protected tags, where the settings want that."""

    def __init__(self, name: str, args: DeletedImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Delete what `args` name."""
        super().__init__("towpath:index:DeletedImages", name, {}, opts)
        deletion = ImageDeletion(
            f"{name}-deletion",
            {
                "registry": args.registry,
                "stack": args.stack,
                "save_folder": args.save_folder,
                **to_inputs(args.verdict.plan, dt.datetime.now(dt.UTC)),
                "access": args.access,
                "cluster": pulumi.Output.secret(args.cluster.to_record()) if args.cluster else None,
            },
            pulumi.ResourceOptions(parent=self),
        )
        ImageDeletionOutcome(f"{name}-outcome", deletion.failures, pulumi.ResourceOptions(parent=self))
        if args.watch:
            protected = args.verdict.protected
            tags = {"registry": args.registry, "tags": dict(protected or {}), "read": protected is not None}
            options = pulumi.ResourceOptions(parent=self, depends_on=[deletion])
            self.protected = ProtectedTags(f"{name}-protected", {**tags, "access": args.access}, options)
        self.runs, self.deleted = deletion.runs, deletion.deleted
        self.register_outputs({"runs": self.runs, "deleted": self.deleted})


def planned(
    question: Question, survey: Survey, settings: Images, mirrored: frozenset[MirroredImage], folder: Path
) -> Verdict:
    """Wait for the survey, plan, and say in a few lines what goes.

    `folder` is where the settings' paths begin. A registry or a cluster that cannot be asked leaves everything where
    it is, with a warning, unless the settings say that it is an error. Raises CapExceededError, ReviewError.
    """
    try:
        found = survey.findings()
        made = plan(question, found, mirrored, _reviewed(settings, folder))
    except ImagesError:
        raise
    except TowpathError as error:
        if settings.unreadable == "fail":
            raise
        pulumi.log.warn(f"images.retention: {error}; nothing is deleted this time")
        return Verdict(Plan(stack=question.stack, registry=question.access.registry))
    for caution in cautions(found, made, question.retention):
        pulumi.log.warn(f"images.retention: {caution}")
    _say(made)
    known = all(image.repository is not None for image in mirrored)
    return Verdict(made, protected_tags(found.snapshot, question.retention, mirrored) if known else None)


def _say(made: Plan) -> None:
    for held in made.held[:_SHOWN]:
        pulumi.log.warn(f"images.retention: {held.repository}: {held.what} stays: {held.reason}")
    if len(made.held) > _SHOWN:
        pulumi.log.warn(f"images.retention: and {len(made.held) - _SHOWN} more stay")
    if not made.empty:
        freed = bytes_in_words(made.freed_bytes, exact=made.exact)
        counts = f"{len(made.deletions)} manifests and {len(made.untaggings)} tags go"
        pulumi.log.info(f"images.retention: {counts}, which frees {freed} once garbage is collected")


def _reviewed(settings: Images, folder: Path) -> Plan | None:
    if settings.review_file is None:
        return None
    place = folder / settings.review_file
    try:
        return from_json(place.read_text(encoding="utf-8"), settings.review_file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ReviewError(
            f"towpath:images.review_file = {settings.review_file!r}: cannot be read ({why}); make it by `python -m "
            "towpath images plan --out FILE`, or take the setting out"
        ) from None
