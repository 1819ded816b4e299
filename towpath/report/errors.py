"""What a report cannot be made of."""

from towpath.errors import TowpathError


class StreamError(TowpathError):
    """The text is not the stream of a preview."""
