"""`Images`: the life of the registry's images, in order: copied in, let go, swept away."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pulumi

from components.certificates import Certificates
from components.credentials import Credentials
from components.machine import Machine
from components.surroundings import OWN_PROGRAM, Surroundings
from towpath.settings.files import reader
from towpath.settings.settings import Settings

if TYPE_CHECKING:
    from components.garbage_collection import CollectedGarbage
    from components.image_deletion import DeletedImages
    from components.image_mirror import MirroredImages
    from towpath.access.registry_access import RegistryAccess
    from towpath.images.deletion.survey import Question, Survey
    from towpath.images.mirror.search import MirrorSearch


class Images:
    """Begins to ask registries as soon as it is made; `register` makes the resources, once there is a registry."""

    mirrored: "MirroredImages | None" = None
    deleted: "DeletedImages | None" = None
    collected: "CollectedGarbage | None" = None

    def __init__(
        self, settings: Settings, machines: Mapping[str, Machine], surroundings: Surroundings = OWN_PROGRAM
    ) -> None:
        """Begin what takes long. A registry that went with its machine is left alone."""
        self._settings = settings
        self._machines = machines
        self._in = surroundings
        gone = settings.deployment is None and any(
            settings.nodes.members[name].gone for name in machines if name == settings.registry_node
        )
        self._active = settings.has_registry and not gone
        self._search = self._mirror_search() if self._active and settings.images.mirror else None
        self._question: Question | None = None
        self._survey: Survey | None = None
        if self._active and settings.images.deletes:
            self._begin_survey()

    def register(self, registry: pulumi.Resource, certificates: Certificates, credentials: Credentials) -> None:
        """Make the resources, each after the one before it."""
        if self._search is None and not self._settings.images.deletes and not self._collects:
            return
        from components.registry_access import registry_access  # noqa: PLC0415 most stacks need no HTTP library

        access = registry_access(self._settings, certificates, credentials, self._machines)
        before = [registry]
        if self._search:
            self.mirrored = self._mirrored(self._search, access, before)
            before = [self.mirrored]
        if self._settings.images.deletes:
            self.deleted = self._deleted(access, before)
            before = [self.deleted]
        if self._collects:
            self.collected = self._collected(access, before)

    @property
    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """What the stack gives out about its images."""
        found: dict[str, pulumi.Output[Any]] = {}
        if self.mirrored:
            found["mirrored"] = self.mirrored.placed
        if self.collected:
            found["collected"] = self.collected.report
        return found

    @property
    def _collects(self) -> bool:
        return self._active and self._settings.images.collects

    @cached_property
    def _before(self) -> dict[str, Any]:
        """What the last `up` gave out of this registry."""
        from components.deployed_outputs import deployed_outputs  # noqa: PLC0415 as above

        outputs = deployed_outputs()
        if self._in.component is None:
            return outputs
        # A program of somebody else gives out anything by these names, and so may another environment of it.
        registry = outputs.get("registry")
        ours = isinstance(registry, Mapping) and registry.get("host") == self._settings.registry_endpoint
        if outputs and not ours:
            pulumi.log.warn(
                f"{self._settings.registry_endpoint}: the stack's outputs `registry` and `credentials` are not this "
                "registry's, so its images cannot be looked at, and none is listed to be deleted; export this "
                "environment's by these names",
                self._in.component,
            )
        return outputs if ours else {}

    def _mirror_search(self) -> "MirrorSearch":
        from towpath.images.mirror.search import MirrorSearch  # noqa: PLC0415 as above

        return MirrorSearch(self._settings, self._in.project)

    def _begin_survey(self) -> None:
        from towpath.images.deletion.question import question_of  # noqa: PLC0415 as above
        from towpath.images.deletion.survey import Survey  # noqa: PLC0415 as above

        connections = {name: machine.connection for name, machine in self._machines.items()}
        self._question = question_of(
            self._in.owner, self._settings, self._before, connections, reader(self._in.project)
        )
        self._survey = Survey(self._question) if self._question else None

    def _mirrored(
        self, search: "MirrorSearch", access: pulumi.Output[dict[str, Any]], after: list[pulumi.Resource]
    ) -> "MirroredImages":
        from components.image_mirror import MirroredImages, MirroredImagesArgs  # noqa: PLC0415 as above
        from towpath.images.mirror.room import StorageFolder  # noqa: PLC0415 as above

        settings, node = self._settings, self._settings.registry_node
        in_folder = settings.deployment is None
        folder = StorageFolder(self._machines[node].connection, settings.registry.storage_folder) if in_folder else None
        args = MirroredImagesArgs(
            registry=settings.registry_endpoint,
            access=access,
            images=search.result(),
            ways=search.ways,
            storage=folder,
            present=self._present() if pulumi.runtime.is_dry_run() else None,
        )
        return MirroredImages(self._in.named("mirror"), args, self._in.options(*after))

    def _present(self) -> "RegistryAccess | None":
        from towpath.access.deployed_registry import deployed_registry  # noqa: PLC0415 as above

        connections = {name: machine.connection for name, machine in self._machines.items()}
        return deployed_registry(self._before, self._settings, connections)

    def _deleted(self, access: pulumi.Output[dict[str, Any]], after: list[pulumi.Resource]) -> "DeletedImages":
        from components.image_deletion import DeletedImages, DeletedImagesArgs, Verdict, planned  # noqa: PLC0415 as above
        from towpath.images.deletion.question import mirrored_images  # noqa: PLC0415 as above
        from towpath.images.retention.plan import Plan  # noqa: PLC0415 as above

        settings = self._settings
        verdict = Verdict(Plan(stack=self._in.owner, registry=settings.registry_endpoint))
        if self._question and self._survey:
            mirrored = mirrored_images(self._search.result() if self._search else ())
            verdict = planned(self._question, self._survey, settings.images, mirrored, self._in.project)
        args = DeletedImagesArgs(
            registry=settings.registry_endpoint,
            stack=self._in.owner,
            access=access,
            verdict=verdict,
            save_folder=settings.images.save_folder,
            cluster=self._question.cluster if self._question else None,
            watch=settings.images.watch,
        )
        return DeletedImages(self._in.named("retention"), args, self._in.options(*after))

    def _collected(self, access: pulumi.Output[dict[str, Any]], after: list[pulumi.Resource]) -> "CollectedGarbage":
        from components.garbage_collection import CollectedGarbage, CollectedGarbageArgs  # noqa: PLC0415 as above
        from towpath.images.collection.expectation import (  # noqa: PLC0415 as above
            RESTART_SECONDS,
            ROLLOUT_SECONDS,
            expectation,
        )

        settings = self._settings
        last = (self._before.get("images") or {}).get("collected") or {}
        place, way = self._place()
        deployment = settings.deployment
        args = CollectedGarbageArgs(
            settings=settings.images.collection,
            registry=settings.registry_endpoint,
            access=access,
            place=place,
            way=pulumi.Output.secret(way),
            deletions=self.deleted.runs if self.deleted else 0,
            expected=expectation(
                last,
                settings.images.collection.grace_hours,
                interrupts=deployment is None or not deployment.storage.overlapping,
                restart_seconds=ROLLOUT_SECONDS if deployment else RESTART_SECONDS,
            ),
        )
        return CollectedGarbage(self._in.named("garbage"), args, self._in.options(*after))

    def _place(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return where the registry runs, and the way there as a resource's inputs have it."""
        from towpath.images.collection.place import RegistryContainerPlace  # noqa: PLC0415 as above

        settings = self._settings
        if settings.deployment is None:
            way = self._machines[settings.registry_node].as_inputs()
            return RegistryContainerPlace.of(settings.registry).to_record(), way
        from towpath.access.registry_in_cluster import registry_in_cluster  # noqa: PLC0415 only stacks with a cluster

        connections = {name: machine.connection for name, machine in self._machines.items()}
        place, through = registry_in_cluster(settings, connections, reader(self._in.project))
        return place.to_record(), through.to_record()
