"""Start the SDK's server for dynamic providers: what `pulumi-resource-pulumi-python` does.

Dynamic providers are the project's own code, so the process is one of the project's interpreter, with the program's
folder (where the engine starts it) on the module path.
"""

import io
import os
import runpy
import sys
from pathlib import Path
from typing import NoReturn

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from engine.language.errors import InterpreterError  # noqa: E402
from engine.language.interpreter import find_interpreter  # noqa: E402

_OPTION_PREFIX = "PULUMI_RUNTIME_"
_SERVER = "pulumi.dynamic"
_OURS = "engine"


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
    command = [launcher, str(folder), _SERVER, *sys.argv[1:]]
    environment = interpreter.environment(os.environ)
    # The SDK's server writes its port without a flush, so a Python that buffers, as older installs start, is no use.
    if interpreter.executable == Path(sys.executable) and isinstance(sys.stdout.buffer, io.RawIOBase):
        serve(command, environment)
    python = str(interpreter.executable)
    os.execve(python, [python, "-u", *command], environment)  # noqa: S606 - a list of our own, no shell


def serve(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Be the server in this very process, which is of the right interpreter already: another one takes 25 ms to start.

    Nothing of ours stays imported: a project may have modules of the same names.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == _OURS]:
        del sys.modules[name]
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    runpy.run_path(command[0], run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    main()
