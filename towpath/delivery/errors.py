"""What stops a delivery before the Pulumi CLI is asked to change anything."""

from towpath.errors import TowpathError


class DeliveryError(TowpathError):
    """A stack that is not there, must not be touched in this way, or whose backend does not answer."""
