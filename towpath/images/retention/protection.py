"""Which tags are protected, and where they lead. No I/O."""

import re
from collections.abc import Iterable

from towpath.images.retention.decide import MirroredImage
from towpath.images.retention.policy import Retention
from towpath.images.snapshot import Snapshot


def protected_tags(snapshot: Snapshot, retention: Retention, mirrored: Iterable[MirroredImage] = ()) -> dict[str, str]:
    """Return the digests of the tags that the policies protect, by `repository:tag`.

    Copies of other registries' images are left out: what became of those, images.mirror finds and repairs.
    """
    mirrored = tuple(mirrored)
    copies = {(image.repository, image.tag) for image in mirrored}
    unsure = {image.repository for image in mirrored if image.problem}
    found = {}
    for name, record in snapshot.repositories.items():
        policy = retention.policy_for(name)
        for tag, digest in record.tags.items():
            if not policy or (name, tag) in copies or name in unsure:
                continue
            if any(re.fullmatch(pattern, tag) for pattern in policy.protected):
                found[f"{name}:{tag}"] = str(digest)
    return dict(sorted(found.items()))
