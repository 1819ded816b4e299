"""What does not follow its grammar, as a branch of the tree.

TowpathError
└── FormatError
    ├── InvalidReferenceError   an image reference that cannot be read
    ├── InvalidDigestError      a digest that cannot be read, or of an algorithm that is not known
    ├── InvalidManifestError    a manifest, index or configuration that cannot be read
    └── DigestMismatchError     content that does not hash to its digest

The first three come before anything was done; the last says that what was fetched is not used.
"""

from towpath.errors import TowpathError


class FormatError(TowpathError):
    """Something given or received does not follow its specification."""


class InvalidReferenceError(FormatError, ValueError):
    """An image reference does not follow the reference grammar."""


class InvalidDigestError(FormatError, ValueError):
    """A digest is not `sha256:<64 hex digits>` or `sha512:<128 hex digits>`."""


class InvalidManifestError(FormatError):
    """A manifest, an index or an image's configuration does not follow the image specification."""


class DigestMismatchError(FormatError):
    """Content does not hash to the digest under which it was asked for: it is damaged, or not what was meant."""
