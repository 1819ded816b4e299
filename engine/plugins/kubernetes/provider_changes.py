"""What a new provider configuration changes: another cluster needs all objects anew, other settings do not.

A kubeconfig does not say which cluster it is for. As with the official plugin, it is another one if the `cluster` entry
of the active context differs, or by what the user says: `clusterIdentifier`.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.plugins.kubernetes.errors import KubeconfigError
from engine.plugins.kubernetes.kubeconfig import find_access
from engine.plugins.kubernetes.settings import read_settings
from engine.plugins.resource import ProviderError
from engine.plugins.values import Properties, has_unknown, reveal

_IDENTIFIER: Final = "clusterIdentifier"
_OF_CLUSTER: Final = ("kubeconfig", "context", "cluster")


def changed_settings(old: Properties, new: Properties) -> list[str]:
    """Return the settings that differ, sorted."""
    before, after = reveal(old), reveal(new)
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def replacing_settings(old: Properties, new: Properties, environment: Mapping[str, str]) -> list[str]:
    """Return those of the changed settings that make the provider one of another cluster."""
    changed = changed_settings(old, new)
    before, after = reveal(old).get(_IDENTIFIER), reveal(new).get(_IDENTIFIER)
    if before and after:
        return [_IDENTIFIER] if before != after else []
    named: list[str] = [key for key in _OF_CLUSTER if key in changed]
    if any(has_unknown(new.get(key)) for key in named):
        return [key for key in named if has_unknown(new.get(key))]
    one, other = _cluster(old, environment), _cluster(new, environment)
    return named if one and other and one != other else []


def _cluster(configuration: Properties, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the active cluster's entry, empty if there is none."""
    try:
        return find_access(read_settings(configuration, environment), environment).cluster
    except (KubeconfigError, ProviderError):
        return {}
