"""What `registry garbage-collect` prints, of releases 2.8 and 3.x, with and without --dry-run."""

import re
from dataclasses import dataclass

from towpath.images.errors import ImagesError
from towpath.oci.digest import Digest

_SUMMARY = re.compile(r"^(\d+) blobs marked, (\d+) blobs and (\d+) manifests eligible for deletion", re.MULTILINE)
_BLOB = re.compile(r"^blob eligible for deletion: (\S+)", re.MULTILINE)
_LINK = re.compile(r"^(\S+): layer link eligible for deletion: (\S+)", re.MULTILINE)
_REPOSITORY = re.compile(r"^([a-z0-9][a-z0-9._/-]*)(?::.*)?$", re.MULTILINE)
_EMPTY = re.compile(r"Path not found: \S*/repositories\s*$", re.MULTILINE)
_SHOWN_LINES = 5


class CollectorError(ImagesError):
    """The collector did not come to its end."""


@dataclass(frozen=True, slots=True)
class CollectorReport:
    """What was marked, and what was swept or, in a dry run, would be. `layer_links` hold no bytes worth naming."""

    blobs_marked: int
    blobs_eligible: int
    manifests_eligible: int
    blobs: tuple[Digest, ...] = ()
    layer_links: int = 0

    @property
    def nothing_to_do(self) -> bool:
        """Whether a run would free nothing."""
        return self.blobs_eligible == 0 and self.manifests_eligible == 0


def parse_report(output: str) -> CollectorReport:
    """Read the output. Raises CollectorError, naming the repository it was at, where there is no summary.

    One repository that cannot be read ends a collection as a whole (distribution issues 1640 and 1960).
    """
    summary = _SUMMARY.search(output)
    if summary is None:
        if _EMPTY.search(output):
            return CollectorReport(0, 0, 0)
        seen = [name for name in _REPOSITORY.findall(output) if name]
        place = f" while it was at repository {seen[-1]}" if seen else ""
        raise CollectorError(f"the collector ended without a summary{place}; it said last: {last_lines(output)}")
    marked, blobs, manifests = (int(number) for number in summary.groups())
    listed = tuple(Digest(digest) for digest in _BLOB.findall(output))
    return CollectorReport(marked, blobs, manifests, listed, len(_LINK.findall(output)))


def last_lines(output: str) -> str:
    """Give the end of an output as one line."""
    return " | ".join(line.strip() for line in output.strip().splitlines()[-_SHOWN_LINES:]) or "nothing"
