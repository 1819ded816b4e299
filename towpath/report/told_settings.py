"""The stack's settings as far as a stream tells them, with those that stacks share laid under them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.errors import SettingsError
from towpath.settings.defaults import KEY as SHARED
from towpath.settings.defaults import merged, read_defaults
from towpath.settings.files import ReadFile

_NAMESPACE = "towpath:"


@dataclass(frozen=True)
class ToldSettings:
    """Groups by name, e.g. `{"nodes": {…}}`; not checked, and a secret is the text that stands for it."""

    groups: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    """False: what stacks share could not be read, so that a setting that is missing here may be there."""

    def at(self, *path: str) -> Any:  # noqa: ANN401 JSON
        """Return what stands there, None where nothing does."""
        value: Any = self.groups
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def group(self, *path: str) -> Mapping[str, Any]:
        """Return a mapping; empty where none is."""
        value = self.at(*path)
        return value if isinstance(value, Mapping) else {}


def told_settings(config: Mapping[str, Any], read: ReadFile | None = None) -> ToldSettings:
    """Read the settings of a stream. `read` reads the file that `towpath:defaults` names; None: there are no files."""
    own = {key.removeprefix(_NAMESPACE): _value(text) for key, text in config.items() if key.startswith(_NAMESPACE)}
    if SHARED not in config:
        return ToldSettings(own)
    try:
        return ToldSettings(merged(read_defaults(str(config[SHARED]), read), own))
    except SettingsError:
        # The preview itself says what is wrong with that file.
        return ToldSettings(own, is_whole=False)


def _value(text: object) -> Any:  # noqa: ANN401 JSON
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return str(text)
