"""What a broken rule does to a stack: advisory is told, mandatory stops the preview before anything is touched."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal

FOR_TRYING = ("dev", "dev-*", "lab", "lab-*", "pr-*", "test", "test-*")
"""Names of stacks that nobody depends on."""

Level = Literal["advisory", "mandatory"]


def level_of(stack: str, config: Mapping[str, str]) -> Level:
    """Return the level of a stack; mandatory where its name is not known, or where it is protected.

    `config` is the stack's configuration, texts by `NAMESPACE:KEY`.
    """
    protected = config.get("towpath:protected", "").lower() == "true"
    trying = any(fnmatchcase(stack, pattern) for pattern in FOR_TRYING)
    return "advisory" if trying and not protected else "mandatory"
