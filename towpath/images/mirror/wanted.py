"""One image as it is to be here, with what was found out about it at its source; as Pulumi's state keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from towpath.images.mirror.source import EngineSource, FileSource, Source, UpstreamSource, parse_source

ALL_TAGS = "*"
"""The tag in place of those that are not known, where a choice of tags or a file could not be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image under `target`, which is `repository:tag`. Its record in the state is what a preview shows."""

    target: str
    source: str
    """As in the settings, with the tag where the settings choose several."""
    digest: str = ""
    """What the source calls it now: the digest of its manifest, or an image's ID in a Docker engine. Empty: unknown."""
    becomes: str = ""
    """Its digest here, where that is known and differs: only some platforms, or made of a file."""
    platforms: tuple[str, ...] = ()
    image: str = ""
    """Of a file that holds several: which."""
    referring: tuple[str, ...] | None = None
    """What refers to it, `KIND DIGEST` each; None where that is not to be copied."""
    pin: bool = False
    chosen_by: str = ""
    """The settings' `from`, where a choice of tags led to this image."""
    problem: str = ""
    """Why the source could not be asked."""
    lasting: bool = False
    """Whether asking again would give the same problem."""
    note: str = ""
    """What a person should know of it. Problems and notes of a program's run never come into the state."""

    @property
    def repository(self) -> str:
        """The repository here."""
        return self.target.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The tag here."""
        return self.target.rpartition(":")[2]

    @property
    def has_place(self) -> bool:
        """Whether the repository is known: a file that cannot be read, without a name here, may be for any."""
        origin = self.origin
        return not (isinstance(origin, FileSource) and self.target == f"{origin.path}:{ALL_TAGS}")

    @property
    def origin(self) -> Source:
        """The source as a value."""
        return parse_source(self.source)

    @property
    def expected(self) -> str:
        """The digest that it has here; empty where that is known only once it was read."""
        if self.becomes or isinstance(self.origin, EngineSource):
            return self.becomes
        return self.digest

    @property
    def at_upstream(self) -> str | None:
        """The registry that it comes from, if it is one."""
        origin = self.origin
        return origin.reference.registry if isinstance(origin, UpstreamSource) else None

    def to_record(self) -> dict[str, Any]:
        """Return what the state keeps and a preview shows; what is as usual is left out."""
        record: dict[str, Any] = {"from": self.source, "digest": self.digest}
        optional = {
            "becomes": self.becomes,
            "platforms": list(self.platforms),
            "image": self.image,
            "pin": self.pin,
            "chosen_by": self.chosen_by,
            "problem": self.problem,
            "lasting": self.lasting,
            "note": self.note,
        }
        record |= {key: value for key, value in optional.items() if value}
        if self.referring is not None:
            record["referrers"] = list(self.referring)
        return record

    @classmethod
    def from_record(cls, target: str, record: Mapping[str, Any]) -> Self:
        """Read what `to_record` wrote."""
        referrers = record.get("referrers")
        return cls(
            target=target,
            source=record["from"],
            digest=record["digest"],
            becomes=record.get("becomes", ""),
            platforms=tuple(record.get("platforms", ())),
            image=record.get("image", ""),
            referring=None if referrers is None else tuple(referrers),
            pin=bool(record.get("pin", False)),
            chosen_by=record.get("chosen_by", ""),
            problem=record.get("problem", ""),
            lasting=bool(record.get("lasting", False)),
            note=record.get("note", ""),
        )

    def found(self) -> Self:
        """Return it without what only this run has to say of it."""
        return replace(self, problem="", lasting=False, note="")

    def __str__(self) -> str:
        """Return `target from source`."""
        return f"{self.target} from {self.source}"
