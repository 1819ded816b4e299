"""The shell environment in which plain `pulumi` is the installed engine."""

import os
import shlex

from engine.errors import EngineError
from engine.install import Choice, read_choice
from engine.layout import Layout


def environment(choice: Choice, search_path: str) -> dict[str, str]:
    """Return the variables to set; knows nothing of backends, stacks or the lab."""
    rest = [folder for folder in search_path.split(os.pathsep) if folder and folder != choice.cli_folder]
    variables = {
        "PATH": os.pathsep.join([choice.cli_folder, *rest]),
        "PULUMI_HOME": choice.home,
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    if choice.embedded:
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "1"
    return variables


def export_lines(layout: Layout) -> str:
    """Return the variables as `export` lines for a POSIX shell; raises EngineError before the first install."""
    choice = read_choice(layout)
    if choice is None:
        raise EngineError("the engine is not installed in this checkout: run `python -m engine install` first")
    variables = environment(choice, os.environ.get("PATH", ""))
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
