"""Walking the models' annotations, for error messages and the reference."""

import types
import typing
from typing import Any, TypeGuard

from pydantic.fields import FieldInfo

from towpath.settings.types import Section


def options(annotation: Any) -> list[Any]:  # noqa: ANN401 an annotation has no common type
    """Take apart `Annotated[X, …]`, `X | None` and `NewType` into the plain types they stand for."""
    if isinstance(annotation, typing.NewType):
        return options(annotation.__supertype__)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return options(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [inner for option in typing.get_args(annotation) for inner in options(option)]
    return [annotation]


def is_section(option: Any) -> TypeGuard[type[Section]]:  # noqa: ANN401
    """Whether a type is a group of settings."""
    return isinstance(option, type) and issubclass(option, Section)


def keys(section: type[Section]) -> dict[str, FieldInfo]:
    """Return a section's fields by the names that stand in the settings: `from` can be no name in Python."""
    return {field.alias or name: field for name, field in section.model_fields.items()}
