"""What can go wrong with images beyond asking the registry, as a branch of the tree.

TowpathError
└── ImagesError
    ├── NotEnoughSpaceError    a disk cannot take what would be written; nothing was
    ├── InvalidLayoutError     an OCI layout or an archive that cannot be read, or lacks a part
    ├── PolicyError            a retention policy that cannot be meant so
    ├── CapExceededError       a plan deletes more than its caps allow; nothing was deleted
    ├── IncompleteError        the registry could not be read whole, so nothing is planned
    ├── ReviewError            a reviewed plan is of another stack or registry, or cannot be read
    ├── MirrorError            an image that is to be copied in cannot be had as it is wanted
    ├── DeletionError          some of a plan could not be carried out; says what was done and what was not
    └── SavedManifestsError    what is kept of deleted images cannot be written, read or put back
"""

from towpath.errors import TowpathError


class ImagesError(TowpathError):
    """Something about images, rather than about reaching their registry."""


class NotEnoughSpaceError(ImagesError):
    """A disk has less room than what would be written needs."""


class InvalidLayoutError(ImagesError):
    """An OCI image layout or an archive does not hold together."""


class PolicyError(ImagesError):
    """A retention policy cannot be meant as it is written."""


class CapExceededError(ImagesError):
    """A plan would delete more than its caps allow."""


class IncompleteError(ImagesError):
    """A part of the registry could not be read, so that what it needs is not known."""


class ReviewError(ImagesError):
    """A reviewed plan cannot be applied here."""


class MirrorError(ImagesError):
    """An image that is to be copied in cannot be had from its source as it is wanted."""


class DeletionError(ImagesError):
    """Some of a plan could not be carried out."""


class SavedManifestsError(ImagesError):
    """What is kept of deleted images cannot be written, read or put back."""
