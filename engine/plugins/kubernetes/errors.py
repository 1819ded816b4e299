"""What can go wrong between the plugin and a cluster. No message holds a credential.

ProviderError
 └── KubernetesError
      ├── UnreachableError         no kubeconfig, no server, or no right to talk to it at all
      │    ├── KubeconfigError         a kubeconfig is missing, unreadable or incomplete
      │    └── CredentialPluginError   a credential plugin of a kubeconfig failed
      ├── ConnectionLostError      the server went away while it was being used
      ├── NoSuchKindError          the server serves no such apiVersion and kind (yet)
      └── ApiError                 the server refused a request
"""

from typing import Any

from engine.plugins.resource import ProviderError


class KubernetesError(ProviderError):
    """Base of all errors here."""


class UnreachableError(KubernetesError):
    """The configured cluster cannot be used at all."""


class KubeconfigError(UnreachableError):
    """A kubeconfig is missing, unreadable, or lacks what its context names."""


class CredentialPluginError(UnreachableError):
    """A command that a kubeconfig names for credentials failed."""


class ConnectionLostError(KubernetesError):
    """The server did not answer, though it did before, and repeating the request did not help."""


class NoSuchKindError(KubernetesError):
    """The server serves no such kind: most likely its CustomResourceDefinition is not there."""


class ApiError(KubernetesError):
    """The server refused a request.

    Attributes:
        code: HTTP status.
        reason: the API's own reason, such as ``AlreadyExists``.
        details: the `details` of the `Status` object: kind and name of what was refused, and causes.

    """

    def __init__(self, code: int, message: str, reason: str = "", details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details or {}

    @property
    def is_not_found(self) -> bool:
        """The object, its namespace or its kind is not there."""
        return self.code == 404  # noqa: PLR2004 - HTTP's own numbers

    @property
    def is_namespace_not_found(self) -> bool:
        """The namespace is what is not there."""
        return self.is_not_found and self.details.get("kind") == "namespaces"

    @property
    def is_already_there(self) -> bool:
        """An object of that name exists."""
        return self.code == 409 and self.reason == "AlreadyExists"  # noqa: PLR2004

    @property
    def is_conflict(self) -> bool:
        """Another manager owns a field, or the object changed meanwhile."""
        return self.code == 409 and self.reason != "AlreadyExists"  # noqa: PLR2004

    @property
    def is_forbidden(self) -> bool:
        """There is no right for this, or an admission rule says no."""
        return self.code == 403  # noqa: PLR2004

    @property
    def is_unauthorized(self) -> bool:
        """The credentials are not (or no more) valid."""
        return self.code == 401  # noqa: PLR2004

    @property
    def is_invalid(self) -> bool:
        """A field has a value the server does not take."""
        return self.code == 422  # noqa: PLR2004

    def missing_required_field(self) -> str:
        """Return the field that would be missing, empty if that was not the reason."""
        causes = self.details.get("causes") or []
        return next((str(cause.get("field")) for cause in causes if cause.get("reason") == "FieldValueRequired"), "")
