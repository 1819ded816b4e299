"""How asking a registry can fail, as a branch of the tree.

TowpathError
└── RegistryError                    with the registry, what was asked for, status and the registry's own codes
    ├── NotFoundError                the registry itself said 404: the only one that means "gone"
    ├── UnauthorizedError            401: no credentials, or wrong ones
    ├── ForbiddenError               403: the account may not do this
    ├── DeleteDisabledError          405 on a deletion
    ├── ReadOnlyError                405 on any other write
    ├── RateLimitedError             429, and still after the retries
    ├── ServerFailedError            5xx, and still after the retries
    ├── RefusedError                 any other 4xx
    ├── UnreachableError             no connection, or one that broke off, and still after the retries
    │   └── UntrustedCertificateError    the server's certificate does not hold
    ├── TimedOutError                no answer in time, and still after the retries
    └── ProtocolError                an answer that no registry gives
"""

from dataclasses import dataclass

from towpath.errors import TowpathError

_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of an error body: `{"errors": [{"code", "message"}]}`."""

    code: str
    message: str


class RegistryError(TowpathError):
    """A registry could not be asked, or did not do what it was asked."""

    def __init__(
        self,
        registry: str,
        what: str,
        finding: str,
        *,
        status: int | None = None,
        complaints: tuple[Complaint, ...] = (),
    ) -> None:
        self.registry = registry
        self.what = what
        self.status = status
        self.complaints = complaints
        self.wait_seconds: float | None = None
        said = "; ".join(": ".join(part for part in (c.code, c.message) if part) for c in complaints)
        detail = f" (it says {_printable(said)})" if said else ""
        super().__init__(f"{registry}: {what}: {finding}{detail}")

    @property
    def codes(self) -> frozenset[str]:
        """The registry's own error codes, such as MANIFEST_UNKNOWN."""
        return frozenset(complaint.code for complaint in self.complaints)


class NotFoundError(RegistryError):
    """The registry itself said that there is no such thing."""


class UnauthorizedError(RegistryError):
    """401: no credentials were given, or they are not valid."""


class ForbiddenError(RegistryError):
    """403: the credentials are valid, but not for this."""


class DeleteDisabledError(RegistryError):
    """405 on a deletion: the registry runs without `storage.delete.enabled`, or is a pull-through cache."""


class ReadOnlyError(RegistryError):
    """405 on another write: the registry is in read-only mode, or a pull-through cache."""


class RateLimitedError(RegistryError):
    """429, and still after the retries; `wait_seconds` is what the registry asked for, where it did."""


class ServerFailedError(RegistryError):
    """5xx, and still after the retries."""


class RefusedError(RegistryError):
    """Any other 4xx: the request was not acceptable to this registry."""


class UnreachableError(RegistryError):
    """No connection came about, or it broke off, and still after the retries."""


class UntrustedCertificateError(UnreachableError):
    """The server's certificate is not of a trusted CA, is not in force, or names another host."""


class TimedOutError(RegistryError):
    """No answer came in time, and still after the retries."""


class ProtocolError(RegistryError):
    """An answer that the distribution specification does not know: most likely something other than a registry."""


def _printable(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"
