"""Read a stack's raw configuration into `Settings`, or say everything that is wrong with it at once."""

import difflib
import json
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from towpath.errors import SettingsError
from towpath.settings.annotations import is_section, keys, options
from towpath.settings.defaults import merged, read_defaults
from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.settings.types import Section

NAMESPACE = "towpath"
_SHOWN_CHARACTERS = 60
_MAPPING = re.compile(r"a valid dictionary or (instance|object) .*")


def load_settings(raw: Mapping[str, str], read: ReadFile | None = None) -> Settings:
    """Check the whole configuration of a stack.

    `read` gives the text of a file that the settings name, or raises OSError; without it, no file is opened.

    `raw` maps full keys to their text, as the engine hands them over: `{"towpath:registry": '{"port": 6000}'}`. What
    the file named by `towpath:defaults` says is laid under it.
    Keys of other namespaces are left alone. Raises SettingsError with a finding for each thing to mend.
    """
    values: dict[str, Any] = {}
    findings: list[str] = []
    for key, text in raw.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE:
            continue
        if name == "defaults":
            values[name] = text  # the one setting that is a text by itself, which the engine hands over as it is
        elif name in Settings.model_fields:
            try:
                values[name] = json.loads(text)
            except json.JSONDecodeError:
                findings.append(f"{key}: is not a mapping or a list; write its keys indented below it")
        else:
            findings.append(_unknown_key(key, name, Settings))
    values = _with_defaults(values, read, findings)
    try:
        settings = Settings.model_validate(values, context=read)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise SettingsError([*findings, *_findings(details)]) from None
    if findings:
        raise SettingsError(findings)
    return settings


def _with_defaults(values: dict[str, Any], read: ReadFile | None, findings: list[str]) -> dict[str, Any]:
    if "defaults" not in values:
        return values
    try:
        shared = read_defaults(values["defaults"], read)
    except SettingsError as error:
        raise SettingsError([*findings, *error.findings]) from None
    findings += [_unknown_key(f"{NAMESPACE}:{name}", name, Settings) for name in shared if name not in keys(Settings)]
    return merged({name: group for name, group in shared.items() if name in keys(Settings)}, values)


def _findings(details: Iterable[ErrorDetails]) -> list[str]:
    """Write each thing to mend once: of a value that may be of several kinds, each kind has its own complaint."""
    grouped: dict[str, list[str]] = {}
    for detail in details:
        place, _, complaint = _finding(detail).partition(": ")
        grouped.setdefault(place, []).append(complaint)
    return [f"{place}: {', or '.join(dict.fromkeys(complaints))}" for place, complaints in grouped.items()]


def _finding(detail: ErrorDetails) -> str:
    location = _place(detail["loc"], ends_in_a_field=detail["type"] != "extra_forbidden")
    key = _key(location)
    if detail["type"] == "extra_forbidden":
        owner = _section_at(location[:-1])
        return _unknown_key(key, str(location[-1]), owner)
    if detail["type"] == "missing":
        return f"{key}: is missing; {_description(location)}"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message = _MAPPING.sub("a mapping of keys", message)
    return f"{key}{_shown(location, detail['input'])}: {message}"


def _place(location: tuple[int | str, ...], *, ends_in_a_field: bool) -> tuple[int | str, ...]:
    """Leave out what pydantic adds to a location: `[key]`, and the kind that it tried where several are allowed."""
    kept: tuple[int | str, ...] = ()
    for number, part in enumerate(location):
        is_last = number == len(location) - 1
        if _annotation_at((*kept, part)) is not None or (is_last and not ends_in_a_field):
            kept = (*kept, part)
    return kept


def _key(location: tuple[int | str, ...]) -> str:
    """Write a location the way `pulumi config set --path` takes it."""
    if not location:
        return NAMESPACE
    path = str(location[0])
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"{NAMESPACE}:{path}"


def _unknown_key(key: str, name: str, owner: type[Section] | None) -> str:
    known = sorted(keys(owner)) if owner else []
    if close := difflib.get_close_matches(name, known, n=1):
        return f"{key}: unknown key; did you mean {close[0]!r}?"
    return f"{key}: unknown key; known here: {', '.join(known)}"


def _shown(location: tuple[int | str, ...], value: object) -> str:
    """Show the value that was found, unless it is or may hold a secret."""
    annotation = _annotation_at(location)
    if not isinstance(value, str | int | float) or _holds_secret(annotation):
        return ""
    text = repr(value)
    return f" = {text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '…'}"


def _description(location: tuple[int | str, ...]) -> str:
    owner = _section_at(location[:-1])
    field = keys(owner).get(str(location[-1])) if owner else None
    return f"it is: {field.description}" if field and field.description else "set it"


def _section_at(location: tuple[int | str, ...]) -> type[Section] | None:
    annotation = _annotation_at(location)
    return next((option for option in options(annotation) if is_section(option)), None)


def _annotation_at(location: tuple[int | str, ...]) -> Any:  # noqa: ANN401 an annotation has no common type
    annotation: Any = Settings
    for part in location:
        annotation = _step(annotation, part)
    return annotation


def _step(annotation: Any, part: int | str) -> Any:  # noqa: ANN401
    for option in options(annotation):
        if is_section(option) and part in keys(option):
            return keys(option)[str(part)].annotation
        if typing.get_origin(option) is dict:
            return typing.get_args(option)[1]
        if typing.get_origin(option) is tuple:
            return typing.get_args(option)[0]
    return None


def _holds_secret(annotation: Any) -> bool:  # noqa: ANN401
    """Say whether a value at such a place may be secret; one whose place is unknown may be."""
    return annotation is None or any(option is SecretStr for option in options(annotation))
