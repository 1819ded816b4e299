"""Content digests (OCI image specification 1.1, "Digests").

Only the registered algorithms are known: sha256 and sha512.
"""

import hashlib
import re
from typing import NewType

from towpath.oci.errors import DigestMismatchError, InvalidDigestError

Digest = NewType("Digest", str)
"""`<algorithm>:<lower-case hex>`, checked by `parse_digest`."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def parse_digest(text: str) -> Digest:
    """Check `text` and return it as a digest. Raises InvalidDigestError."""
    if not _DIGEST.fullmatch(text):
        raise InvalidDigestError(
            f"{text[:200]!r} is no digest; write sha256:<64 hex digits> or sha512:<128 hex digits>"
        )
    return Digest(text)


def is_digest(text: str) -> bool:
    """Whether `text` is a digest of a known algorithm."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(content: bytes, algorithm: str = "sha256") -> Digest:
    """Hash `content`."""
    return Digest(f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}")


class Verifier:
    """Hashes content as it passes, and says at its end whether it was what `digest` promised."""

    def __init__(self, digest: Digest) -> None:
        self.digest = digest
        self.size_bytes = 0
        self._algorithm = digest.partition(":")[0]
        self._hash = hashlib.new(self._algorithm)

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def finish(self, what: str) -> None:
        """Raise DigestMismatchError, naming `what`, unless everything taken hashes to the digest."""
        found = f"{self._algorithm}:{self._hash.hexdigest()}"
        if found != self.digest:
            raise DigestMismatchError(
                f"{what}: {self.size_bytes} bytes arrived that hash to {found}, not to {self.digest}; "
                "the copy is damaged or was exchanged, so it was not used"
            )


def verify(content: bytes, digest: Digest, what: str) -> None:
    """Raise DigestMismatchError, naming `what`, unless `content` hashes to `digest`."""
    verifier = Verifier(digest)
    verifier.update(content)
    verifier.finish(what)
