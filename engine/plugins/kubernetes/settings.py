"""The provider's configuration: arguments of `kubernetes.Provider`, the stack's `kubernetes:…`, and environment.

The engine sends values that are not text as JSON in a text: ``"true"`` for a flag, an object's JSON for a group.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.plugins.resource import ProviderError
from engine.plugins.values import Properties, Value, has_unknown, reveal

_UNSUPPORTED = {
    "renderYamlToDirectory": "rendering YAML needs the official plugin; leave the setting out",
    "alwaysRender": "rendering YAML needs the official plugin; leave the setting out",
    "strictMode": "strict mode needs the official plugin; leave the setting out",
}


@dataclass(frozen=True)
class Settings:
    """What a provider was configured with; the names are those of the official settings.

    Attributes:
        kubeconfig: a kubeconfig's content or the path of one; empty for the environment's.
        kubeconfig_known: false in a preview where another resource has yet to make it.
        timeout_seconds: of one request, 0 for the default; `kubeClientSettings.timeout`.

    """

    kubeconfig: str = ""
    kubeconfig_known: bool = True
    context: str = ""
    cluster: str = ""
    cluster_identifier: str = ""
    namespace: str = ""
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    enable_server_side_apply: bool = True
    enable_config_map_mutable: bool = False
    enable_secret_mutable: bool = False
    enable_patch_force: bool = False
    upsert_existing_objects: bool = False
    suppress_deprecation_warnings: bool = False
    timeout_seconds: float = 0.0


def read_settings(configuration: Properties, environment: Mapping[str, str]) -> Settings:
    """Read the provider's configuration; a setting that is missing comes from its environment variable.

    Raises:
        ProviderError: a setting is not provided here, or its value has the wrong type.

    """
    values: dict[str, Any] = {key: value for key, value in reveal(configuration).items() if value not in (None, "")}
    for name, reason in _UNSUPPORTED.items():
        if name in values and values[name] not in (False, "false"):
            message = f"kubernetes provider: {name}: {reason}"
            raise ProviderError(message)

    def flag(name: str, variable: str, *, default: bool = False) -> bool:
        value = values.get(name, environment.get(variable))
        return default if value is None else value in (True, "true")

    return Settings(
        kubeconfig=_kubeconfig(values.get("kubeconfig", "")),
        kubeconfig_known=not has_unknown(values.get("kubeconfig")),
        context=str(values.get("context", "")),
        cluster=str(values.get("cluster", "")),
        cluster_identifier=str(values.get("clusterIdentifier", "")),
        namespace=str(values.get("namespace", "")),
        delete_unreachable=flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        skip_update_unreachable=flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
        enable_server_side_apply=flag("enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", default=True),
        enable_config_map_mutable=flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        enable_secret_mutable=flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
        enable_patch_force=flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
        upsert_existing_objects=flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        suppress_deprecation_warnings=flag("suppressDeprecationWarnings", "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS"),
        timeout_seconds=_timeout(values.get("kubeClientSettings"), environment.get("PULUMI_K8S_CLIENT_TIMEOUT")),
    )


def _kubeconfig(value: Value) -> str:
    """Return the setting as text, empty where it is not known yet: an object is a kubeconfig as well."""
    if has_unknown(value):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _timeout(client_settings: object, variable: str | None) -> float:
    try:
        settings = json.loads(client_settings) if isinstance(client_settings, str) else client_settings
        timeout = settings.get("timeout") if isinstance(settings, dict) else None
        return float(variable or 0) if timeout is None else float(timeout)
    except ValueError:
        message = "kubernetes provider: kubeClientSettings: must be an object whose timeout is a number of seconds"
        raise ProviderError(message) from None
