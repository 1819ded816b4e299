"""What goes wrong with registries of providers."""

from towpath.errors import TowpathError


class ExternalLoginError(TowpathError):
    """A command gave no login. The message names the registry and the way out, and holds nothing of a token."""
