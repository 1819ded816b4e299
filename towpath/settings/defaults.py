"""The file of settings that stacks share: read, checked for its shape, and laid under a stack's own settings.

Pulumi's own project-wide configuration cannot do it: it would hold for the lab too, and a group that a stack sets
replaces the project's whole group.
"""

from collections.abc import Mapping
from typing import Any

from towpath.errors import SettingsError
from towpath.settings.files import ReadFile

KEY = "towpath:defaults"


def read_defaults(path: str, read: ReadFile | None) -> dict[str, Any]:
    """Return the shared groups by name, e.g. `{"proxy": {"http": …}}`.

    The file looks like a stack's: `config:` with keys such as `towpath:proxy`. Raises SettingsError.
    """
    import yaml  # noqa: PLC0415 - only stacks that share settings need it

    if read is None:
        raise SettingsError([f"{KEY} = {path!r}: no file is read here; give the settings themselves"])
    try:
        document = yaml.safe_load(read(path))
    except OSError as error:
        why = f"cannot be read ({error.strerror}); give its path, relative to the project"
        raise SettingsError([f"{KEY} = {path!r}: {why}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        # The parser's own words quote the file, which may hold what nobody should see.
        raise SettingsError([f"{KEY} = {path!r}: is no YAML; correct it"]) from None
    return _groups(path, document)


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `own` over `defaults`: mappings key by key at every depth, anything else (lists too) as a whole."""
    result = dict(defaults)
    for key, value in own.items():
        shared = defaults.get(key)
        both = isinstance(value, Mapping) and isinstance(shared, Mapping)
        result[key] = merged(shared, value) if both and isinstance(shared, Mapping) else value
    return result


def _groups(path: str, document: object) -> dict[str, Any]:
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict) or not isinstance(document, dict) or set(document) != {"config"}:
        raise SettingsError(
            [f"{KEY} = {path!r}: must hold 'config:' with keys such as towpath:proxy, and nothing else"]
        )
    groups: dict[str, Any] = {}
    findings: list[str] = []
    for key, value in config.items():
        namespace, _, name = str(key).partition(":")
        if namespace != "towpath" or name in {"defaults", "protected"}:
            findings.append(f"{path}: {key}: cannot be shared; write it in the stack's own file")
        elif _holds_encrypted(value):
            findings.append(f"{path}: {key}: holds a value that is encrypted for one stack; set it in each stack")
        else:
            groups[name] = value
    if findings:
        raise SettingsError(findings)
    return groups


def _holds_encrypted(value: object) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"secure"} or any(_holds_encrypted(each) for each in value.values())
    return isinstance(value, list) and any(_holds_encrypted(each) for each in value)
