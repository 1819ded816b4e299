"""Where a registry is and how it is reached."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from towpath.oci.reference import DOCKER_HUB, check_registry

_DOCKER_HUB_SERVER = "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registry as its references name it, `host` or `host:port`; HTTPS only, and always verified.

    `ca_pem`: the certificates to trust instead of the system's. `connect_to`: the address to dial in place of the
    registry's own, e.g. the near end of an SSH tunnel; names in certificates are checked against the registry all the
    same. `proxy`: an `http://` proxy's URL in place of the environment's;
    `by_environment` false: without `proxy` none is used. Raises InvalidReferenceError.
    """

    registry: str
    ca_pem: str | None = None
    connect_to: tuple[str, int] | None = None
    proxy: str | None = None
    by_environment: bool = True

    def __post_init__(self) -> None:
        """Check the registry's form."""
        check_registry(self.registry)

    @property
    def base_url(self) -> str:
        """`https://host[:port]`, without a slash at its end."""
        return f"https://{_DOCKER_HUB_SERVER if self.registry == DOCKER_HUB else self.registry}"

    def owns(self, url: str) -> bool:
        """Whether `url` has this registry's scheme, host and port, and so may see its credentials."""
        return origin(url) == origin(self.base_url)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of `url` (RFC 6454 section 4)."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
