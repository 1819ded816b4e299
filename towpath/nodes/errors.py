"""What the renderers refuse."""

from towpath.errors import TowpathError


class NodeError(TowpathError, ValueError):
    """A value that a runtime's file cannot carry as it is meant, or that a node's software does not know.

    The message names what was found and the way out, and never a password.
    """
