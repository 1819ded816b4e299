"""The settings files of a project: which stacks there are, and a new one from a template."""

import re
from pathlib import Path
from typing import Any

from towpath.delivery.errors import DeliveryError

_FOLDER = "stacks"
_FILE = re.compile(r"Pulumi\.(.+)\.yaml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PLACEHOLDER = "${stack}"


def own_name(stack: str) -> str:
    """Return a stack's name without organisation and project. Raises DeliveryError if it is none."""
    name = stack.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise DeliveryError(f"{stack!r} is no name of a stack; write letters, digits, '-', '_' and '.', e.g. dev")
    return name


def file_of(project: Path, stack: str) -> Path:
    """Return where the settings of a stack stand."""
    return project / _FOLDER / f"Pulumi.{own_name(stack)}.yaml"


def known_stacks(project: Path) -> list[str]:
    """Return the names of the stacks that have settings."""
    files = (project / _FOLDER).glob("Pulumi.*.yaml")
    return sorted(found[1] for path in files if (found := _FILE.fullmatch(path.name)))


def require(project: Path, stack: str) -> None:
    """Raise DeliveryError, in one line, unless `stack` names a stack that has settings."""
    known = ", ".join(known_stacks(project)) or "none yet; `python -m towpath init` writes one"
    if not stack:
        raise DeliveryError(f"which stack? Write STACK=name (or --stack name); there are: {known}")
    if not file_of(project, stack).is_file():
        raise DeliveryError(f"there is no stack {stack!r} (no {_relative(project, stack)}); there are: {known}")


def read(project: Path, stack: str) -> dict[str, Any]:
    """Return a stack's file as it is written. Raises DeliveryError."""
    import yaml  # noqa: PLC0415 the command line starts without it

    try:
        document = yaml.safe_load(file_of(project, stack).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DeliveryError(f"{_relative(project, stack)} cannot be read as YAML; correct it") from None
    return document if isinstance(document, dict) else {}


def write_from(project: Path, stack: str, template: Path) -> Path:
    """Write the settings of `stack` from a file in which `${stack}` stands for its name. Raises DeliveryError."""
    name = own_name(stack)
    try:
        text = template.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
    except (OSError, UnicodeDecodeError) as error:
        raise DeliveryError(
            f"{template}: cannot be read ({error}); name a file such as stacks/ephemeral.yaml"
        ) from None
    return write_new(project, name, text)


def write_new(project: Path, stack: str, text: str) -> Path:
    """Write the settings of a stack that has none yet. Raises DeliveryError."""
    path = file_of(project, stack)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DeliveryError(f"{_relative(project, stack)} is there already; edit it, or remove it first") from None
    except OSError as error:
        raise DeliveryError(f"{_relative(project, stack)} cannot be written ({error.strerror})") from None
    return path


def _relative(project: Path, stack: str) -> Path:
    return file_of(project, stack).relative_to(project)
