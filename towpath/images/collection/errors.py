"""What can go wrong with a collection."""

from towpath.images.errors import ImagesError


class CollectionError(ImagesError):
    """A collection could not be done, or not to its end; the message says what was done and what was not."""
