"""The Kubernetes cluster: its kubeconfig, and the way to its API server."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from towpath.errors import SettingsError
from towpath.settings.files import ReadFile
from towpath.settings.types import Line, ResourceName, Section


class Cluster(Section):
    """Where the registry's Deployment and the pull secrets go. Exactly one of `kubeconfig` and `kubeconfig_file`."""

    kubeconfig: SecretStr | None = Field(None, description="secret, the content of a kubeconfig file")
    kubeconfig_file: Line | None = Field(
        None, description="instead: a file, absolute or relative to the project; it is read at every run"
    )
    context: Line | None = Field(None, description="which context of it; default: its current-context")
    access: Literal["direct", "ssh"] = Field(
        "direct", description="direct: the API server is dialled from here; ssh: through a node's SSH connection"
    )
    via: ResourceName | None = Field(
        None, description="access ssh: the node that leads there; default: the registry's node, or the only one"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.kubeconfig is not None and self.kubeconfig_file is not None:
            raise ValueError("has both kubeconfig and kubeconfig_file; keep one")
        if self.kubeconfig is None and self.kubeconfig_file is None:
            raise ValueError(
                "has neither kubeconfig (its content, a secret) nor kubeconfig_file (a path); set one of them"
            )
        if self.kubeconfig is not None and not self.kubeconfig.get_secret_value().strip():
            raise ValueError("kubeconfig is empty; give a kubeconfig's content, or set kubeconfig_file")
        return self

    @model_validator(mode="after")
    def _via_only_by_ssh(self) -> Self:
        if self.via is not None and self.access == "direct":
            raise ValueError("via is for access: ssh; set access to ssh, or take via out")
        return self


def kubeconfig_text(cluster: Cluster, read: ReadFile) -> str:
    """Return the content of the kubeconfig, a secret. Raises SettingsError where its file cannot be read."""
    if cluster.kubeconfig is not None:
        return cluster.kubeconfig.get_secret_value()
    path = cluster.kubeconfig_file or ""
    try:
        text = read(path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            [f"towpath:cluster.kubeconfig_file = {path!r}: cannot be read ({why}); give the path of a kubeconfig"]
        ) from None
    if not text.strip():
        raise SettingsError([f"towpath:cluster.kubeconfig_file = {path!r}: is empty; give the path of a kubeconfig"])
    return text
