"""Ids of documents: a machine may serve several stacks, so a document is named after its part, machine and stack.

The machine's name is in it so that the applier refuses a renamed member: otherwise the delete of the old name, which
comes last, would take back what the new one made.
"""

import hashlib
import re

_LONGEST = 32
_DIGEST_DIGITS = 8


def node_document_id(node: str, stack: str) -> str:
    """Return the id of a node's own document."""
    return document_id(f"node-{node}", stack)


def registry_document_id(node: str, stack: str) -> str:
    """Return the id of the registry's document on its node."""
    return document_id(f"registry-{node}", stack)


def logins_document_id(node: str, stack: str) -> str:
    """Return the id of the document with a node's logins alone."""
    return document_id(f"logins-{node}", stack)


def cache_document_id(host: str, node: str, stack: str) -> str:
    """Return the id of the document of an upstream's cache on its node."""
    return document_id(f"cache-{host}-{node}", stack)


def volume_document_id(node: str, stack: str) -> str:
    """Return the id of the document of a folder that a cluster's volume shows."""
    return document_id(f"volume-{node}", stack)


def document_id(part: str, stack: str) -> str:
    """Return `PART-STACK` in lower-case letters, digits and hyphens, at most 32 characters.

    What does not fit gets a digest of it, so that two never share an id.
    """
    wished = f"{part}-{stack}"
    plain = re.sub(r"[^a-z0-9]+", "-", wished.lower()).strip("-")
    if plain == wished and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(wished.encode()).hexdigest()[:_DIGEST_DIGITS]
    return f"{plain[: _LONGEST - _DIGEST_DIGITS - 1].rstrip('-')}-{digest}"
