"""Images that are copied into the registry."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from towpath.images.mirror.source import Source, UpstreamSource, parse_source
from towpath.images.retention.policy import Pattern, Range
from towpath.oci.descriptor import Platform
from towpath.oci.errors import FormatError
from towpath.oci.reference import Reference, check_repository, is_tag
from towpath.settings.types import CertificatesPem, Line, Section


def _source(value: str) -> str:
    parse_source(value)
    return value


def _target(value: str) -> str:
    repository, tag = split_target(value)
    check_repository(repository, value)
    if tag is not None and not is_tag(tag):
        raise ValueError(f"the tag {tag!r} may have letters, digits, '_', '.', '-', at most 128")
    return value


def _tag_or_glob(value: str) -> str:
    if not is_tag("".join("a" if character in "*?[]!" else character for character in value)):
        raise ValueError("is no tag and no pattern of tags; write e.g. 1.2.3 or 1.2.*")
    return value


def _platform(value: str) -> str:
    try:
        Platform.parse(value)
    except FormatError as error:
        raise ValueError(str(error)) from None
    return value


def split_target(text: str) -> tuple[str, str | None]:
    """Part `repository[:tag]`."""
    repository, colon, tag = text.rpartition(":")
    return (repository, tag) if colon else (text, None)


SourceText = Annotated[str, AfterValidator(_source)]
Target = Annotated[str, AfterValidator(_target)]
TagOrGlob = Annotated[str, AfterValidator(_tag_or_glob)]
PlatformText = Annotated[str, AfterValidator(_platform)]


class MirrorTags(Section):
    """Which tags of an upstream repository. Of the tags that any of `names`, `regex` and `semver` chooses, `newest`."""

    names: tuple[TagOrGlob, ...] = Field((), description="tags, or patterns with `*`, `?` and `[…]`, e.g. 1.2.*")
    regex: Pattern | None = Field(None, description="tags that match this regular expression as a whole")
    semver: Range | None = Field(None, description="tags whose version is in this range, e.g. '>=1.2.0 <2.0.0'")
    newest: int | None = Field(
        None, ge=1, description="only so many, those with the highest versions; tags that are no versions fall out"
    )

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if not self.names and self.regex is None and self.semver is None and self.newest is None:
            raise ValueError("chooses no tags; give names, regex, semver or newest")
        return self


class MirrorImage(Section):
    """An image, or several tags of a repository, that the registry has a copy of."""

    source: SourceText = Field(
        alias="from",
        description="registry/repository[:tag][@digest], a file of `docker save` or an OCI layout (a path led by / or "
        "./), or docker-daemon:name:tag",
    )
    to: Target | None = Field(None, description="repository[:tag] here; default: as at the source")
    image: Line | None = Field(None, description="of a file that holds several: which, as name:tag or a tag")
    tags: MirrorTags | None = Field(None, description="of an upstream repository: which tags; default: the one in from")
    platforms: tuple[PlatformText, ...] = Field(
        (),
        description="os/architecture[/variant]; default: all, the index with its digest. One: that image with its own "
        "digest. Several: an index of these, whose digest is another",
    )
    referrers: bool = Field(False, description="signatures, SBOMs and whatever else refers to the image, too")
    pin: bool = Field(False, description="stay at the digest that was copied first: a tag that moves is only told")
    username: Line | None = Field(None, description="account at the upstream; default: what external_registries has")
    password: SecretStr | None = Field(None, description="secret, of that account")
    ca_pem: CertificatesPem | None = Field(
        None, description="what signed the upstream's certificate; default: nodes.upstreams.HOST.ca_pem, public CAs"
    )
    proxy: Literal["stack", "environment", "none"] = Field(
        "stack", description="the way out: the stack's proxy where it has one, this program's environment, or straight"
    )

    @property
    def origin(self) -> Source:
        """The source as a value."""
        return parse_source(self.source)

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("has only one of username and password; set both or neither")
        return self

    @model_validator(mode="after")
    def _upstream_only(self) -> Self:
        origin = self.origin
        if isinstance(origin, UpstreamSource):
            if self.image is not None:
                raise ValueError("image is for files that hold several images; take it out")
            return self
        given = [key for key in ("tags", "username", "ca_pem") if getattr(self, key) is not None]
        if self.pin:
            given.append("pin")
        if given:
            raise ValueError(f"{', '.join(given)}: only for an image of an upstream registry; take it out")
        return self

    @model_validator(mode="after")
    def _has_tags(self) -> Self:
        origin = self.origin
        if not isinstance(origin, UpstreamSource):
            return self
        reference, target_tag = origin.reference, split_target(self.to)[1] if self.to else None
        if self.tags and (reference.tag or reference.digest or target_tag):
            raise ValueError("has tags beside a tag or a digest in from or to; keep one")
        if reference.digest and not (reference.tag or target_tag):
            raise ValueError("from has a digest and no tag: say in to what it is to be called here, e.g. team/app:1.2")
        return self


def _unique(images: tuple[MirrorImage, ...]) -> tuple[MirrorImage, ...]:
    seen: dict[str, str] = {}
    for image in images:
        for name in _fixed_names(image):
            if name in seen:
                raise ValueError(f"{image.source} and {seen[name]} would both become {name}; change or remove one")
            seen[name] = image.source
    for key in ("username", "ca_pem", "proxy"):
        _agree(images, key)
    return images


def _agree(images: tuple[MirrorImage, ...], key: str) -> None:
    """Refuse two ways to one registry: its images are asked for together."""
    first: dict[str, object] = {}
    for image in images:
        origin, value = image.origin, getattr(image, key)
        if isinstance(origin, UpstreamSource) and value is not None:
            host = origin.reference.registry
            if first.setdefault(host, value) != value:
                raise ValueError(f"the images of {host} differ in {key}; a registry is reached in one way, write one")


def _fixed_names(image: MirrorImage) -> list[str]:
    """Return the names here that the settings alone tell; what a pattern or a file adds is known only later."""
    origin = image.origin
    if not isinstance(origin, UpstreamSource) or image.tags:
        return [image.to] if image.to and split_target(image.to)[1] else []
    return [str(target_of(image.to, origin.reference))]


def target_of(to: str | None, reference: Reference) -> str:
    """Return `repository:tag` here for an image that its source calls `reference`."""
    repository, tag = split_target(to) if to else (reference.repository, None)
    return f"{repository}:{tag or reference.tag or 'latest'}"


MirrorImages = Annotated[tuple[MirrorImage, ...], AfterValidator(_unique)]
