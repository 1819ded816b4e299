"""The applier's errors.

    ApplierError(TowpathError)
    ├── DocumentError   a document cannot be written down safely; nothing was sent
    └── ResultError     what came back from a machine is no result document

No message holds a document's content.
"""

from towpath.errors import TowpathError


class ApplierError(TowpathError):
    """A document or a result of the applier is wrong."""


class DocumentError(ApplierError, ValueError):
    """A document has a value that the applier's line format cannot carry; the message names the entry."""


class ResultError(ApplierError, ValueError):
    """A machine answered with something that is no result document."""
