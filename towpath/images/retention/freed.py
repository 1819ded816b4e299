"""How many bytes deletions free: blobs are stored once for the whole registry, and go with their last user. No I/O."""

from collections.abc import Iterable

from towpath.images.retention.plan import Deletion
from towpath.images.snapshot import Snapshot


def with_freed_bytes(snapshot: Snapshot, deletions: Iterable[Deletion]) -> tuple[Deletion, ...]:
    """Return the deletions with their bytes: each blob counts once, at the first deletion that names it."""
    ordered = tuple(deletions)
    going = {(deletion.repository, deletion.digest) for deletion in ordered}
    settled = {
        blob.digest
        for name, repository in snapshot.repositories.items()
        for digest, record in repository.manifests.items()
        if (name, digest) not in going
        for blob in record.stored
    }
    counted = []
    for deletion in ordered:
        freed = 0
        for blob in snapshot.repositories[deletion.repository].manifests[deletion.digest].stored:
            if blob.digest not in settled:
                settled.add(blob.digest)
                freed += blob.size_bytes
        counted.append(deletion.model_copy(update={"freed_bytes": freed}))
    return tuple(counted)
