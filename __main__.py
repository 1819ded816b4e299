"""The program of a stack: read its settings, compose the components, export what others need."""

import pulumi

from components.stack import deploy
from towpath.errors import TowpathError

try:
    deploy()
except TowpathError as error:
    # RunError ends the program with its message alone: a person mends settings, and needs no traceback for that.
    raise pulumi.RunError(str(error)) from None
