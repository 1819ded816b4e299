"""Ids of documents: a machine may serve several stacks, so a document is named after its part and its stack."""

import hashlib
import re

_LONGEST = 32
_DIGEST_DIGITS = 8


def document_id(part: str, stack: str) -> str:
    """Return `PART-STACK` in lower-case letters, digits and hyphens, at most 32 characters.

    A stack whose name does not fit gets a digest of it, so that two stacks never share an id.
    """
    wished = f"{part}-{stack}"
    plain = re.sub(r"[^a-z0-9]+", "-", wished.lower()).strip("-")
    if plain == wished and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(wished.encode()).hexdigest()[:_DIGEST_DIGITS]
    return f"{plain[: _LONGEST - _DIGEST_DIGITS - 1].rstrip('-')}-{digest}"
