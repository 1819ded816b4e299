"""Start the SDK's server for dynamic providers: what `pulumi-resource-pulumi-python` does.

Dynamic providers are the project's own code, so the process is one of the project's interpreter, with the program's
folder (where the engine starts it) on the module path.
"""

import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from engine.language.errors import InterpreterError  # noqa: E402
from engine.language.interpreter import find_interpreter  # noqa: E402

_OPTION_PREFIX = "PULUMI_RUNTIME_"
_SERVER = "pulumi.dynamic"


def runtime_options(environment: dict[str, str]) -> dict[str, object]:
    """Return the options of Pulumi.yaml's `runtime`, which the engine gives as variables."""
    return {
        name.removeprefix(_OPTION_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_OPTION_PREFIX)
    }


def project_folder(folder: Path) -> Path:
    """Return the nearest folder with a Pulumi.yaml, from `folder` upwards; `folder` itself if there is none."""
    return next((place for place in (folder, *folder.parents) if (place / "Pulumi.yaml").is_file()), folder)


def main() -> None:
    """Become the server."""
    folder = Path.cwd()
    try:
        interpreter = find_interpreter(project_folder(folder), runtime_options(dict(os.environ)))
    except InterpreterError as error:
        sys.exit(str(error))
    launcher = str(Path(__file__).with_name("launch.py"))
    command = [str(interpreter.executable), "-u", launcher, str(folder), _SERVER, *sys.argv[1:]]
    os.execve(command[0], command, interpreter.environment(os.environ))  # noqa: S606 - a list of our own, no shell


if __name__ == "__main__":
    main()
