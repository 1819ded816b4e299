"""The program of a stack: read its settings, compose the components, export what others need."""

from pathlib import Path

import pulumi

from components.configuration import stack_configuration
from components.plugin_start import needed_packages, start_plugins
from towpath.errors import TowpathError


def main() -> None:
    """Make the stack as its settings say."""
    configuration = stack_configuration()
    start_plugins(needed_packages(configuration))
    # Imported while the plugins start: it takes as long as they do.
    from components.composition import Composition  # noqa: PLC0415
    from components.surroundings import Surroundings  # noqa: PLC0415

    composition = Composition(configuration, Surroundings(Path(__file__).parent))
    for name, value in composition.outputs().items():
        pulumi.export(name, value)
    composition.check()


try:
    main()
except TowpathError as error:
    # RunError ends the program with its message alone: a person mends settings, and needs no traceback for that.
    raise pulumi.RunError(str(error)) from None
