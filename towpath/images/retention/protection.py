"""Which tags are protected, and where they lead. No I/O."""

import re
from collections.abc import Iterable

from towpath.images.retention.decide import ANY_TAG, MirroredImage
from towpath.images.retention.policy import Retention
from towpath.images.snapshot import Snapshot


def protected_tags(snapshot: Snapshot, retention: Retention, mirrored: Iterable[MirroredImage] = ()) -> dict[str, str]:
    """Return the digests of the tags that the policies protect, by `repository:tag`.

    Copies of other registries' images are left out: what became of those, images.mirror finds and repairs.
    """
    copies = {(image.repository, image.tag) for image in mirrored}
    found = {}
    for name, record in snapshot.repositories.items():
        policy = retention.policy_for(name)
        for tag, digest in record.tags.items():
            if not policy or copies & {(name, tag), (name, ANY_TAG)}:
                continue
            if any(re.fullmatch(pattern, tag) for pattern in policy.protected):
                found[f"{name}:{tag}"] = str(digest)
    return dict(sorted(found.items()))
