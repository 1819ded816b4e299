"""Image references, `[host[:port]/]repository[:tag][@digest]`, parsed once to a value.

Grammar: the distribution project's `reference` package; repository and tag as in the OCI distribution specification
1.1, "Pulling manifests". A first part counts as a host where it has a dot, a colon or an upper-case letter, or is
`localhost`, as Docker decides it; without one, it is the default registry that was given, or Docker Hub.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

from towpath.oci.digest import Digest, parse_digest
from towpath.oci.errors import InvalidDigestError, InvalidReferenceError

DOCKER_HUB = "docker.io"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::\d{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One image as people name it. `registry` is `host` or `host:port`; no tag and no digest means `latest`."""

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str, default_registry: str | None = None) -> Self:
        """Read `text`. Raises InvalidReferenceError that says which part is wrong."""
        rest, digest = _split_digest(text)
        registry, path = _split_registry(rest, default_registry)
        head, slash, last = path.rpartition("/")
        last, colon, tag = last.partition(":")
        if colon and not _TAG.fullmatch(tag):
            raise InvalidReferenceError(
                f"{text!r}: the tag {tag!r} may have letters, digits, '_', '.', '-', at most 128"
            )
        repository = head + slash + last
        if registry == DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        check_repository(repository, text)
        return cls(registry, repository, tag or None, digest)

    @property
    def locator(self) -> str:
        """What follows `/manifests/` in the API: the digest where there is one, else the tag, else `latest`."""
        return self.digest or self.tag or "latest"

    def at(self, digest: Digest) -> Self:
        """Return the same image, pinned to `digest`."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        """Return the canonical text, which parses to the same value."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def check_repository(repository: str, text: str | None = None) -> str:
    """Return `repository` if it is a repository's name. Raises InvalidReferenceError, naming `text`."""
    shown = text if text is not None else repository
    if not _REPOSITORY.fullmatch(repository):
        raise InvalidReferenceError(
            f"{shown!r}: the repository {repository!r} must be lower-case letters and digits, parted by '.', '_', '-' "
            "and '/', e.g. team/app"
        )
    if len(repository) > _NAME_CHARACTERS:
        raise InvalidReferenceError(f"{shown!r}: the repository has more than {_NAME_CHARACTERS} characters")
    return repository


def check_registry(registry: str) -> str:
    """Return `registry` if it is `host` or `host:port`. Raises InvalidReferenceError."""
    if not _HOST.fullmatch(registry):
        raise InvalidReferenceError(
            f"{registry!r} is no registry; write host or host:port without a scheme, e.g. registry.example.com:6000"
        )
    return registry


def is_tag(text: str) -> bool:
    """Whether `text` can be a tag."""
    return _TAG.fullmatch(text) is not None


def _split_digest(text: str) -> tuple[str, Digest | None]:
    rest, at, digest = text.partition("@")
    if not at:
        return rest, None
    try:
        return rest, parse_digest(digest)
    except InvalidDigestError as error:
        raise InvalidReferenceError(f"{text!r}: {error}") from None


def _split_registry(rest: str, default_registry: str | None) -> tuple[str, str]:
    first, slash, path = rest.partition("/")
    names_host = bool(slash) and (first == "localhost" or any(c in ".:" or c.isupper() for c in first))
    if names_host:
        return check_registry(first), path
    return (check_registry(default_registry) if default_registry else DOCKER_HUB), rest
