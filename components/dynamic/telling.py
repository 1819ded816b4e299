"""What a provider says while the engine shows what it does: the engine shows what a plugin writes to stderr."""

import sys
from collections.abc import Callable


def teller(part: str) -> Callable[[str], None]:
    """Return what says a line, led by the part of the stack that it is about."""

    def tell(text: str) -> None:
        sys.stderr.write(f"{part}: {text}\n")
        sys.stderr.flush()

    return tell
