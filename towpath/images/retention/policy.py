"""What is wanted: retention policies, deletions asked for, caps."""

import re
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from towpath.images.retention.semver_range import SemverRange
from towpath.oci.digest import Digest, parse_digest
from towpath.settings.types import Section


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from None
    return value


def _semver_range(value: str) -> str:
    SemverRange(value)
    return value


def _glob(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError("must be a repository or a pattern of such, e.g. team/* or *")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression that has to match a whole tag."""
Range = Annotated[str, AfterValidator(_semver_range)]
Glob = Annotated[str, AfterValidator(_glob)]
"""`*` stands for anything, slashes too; `?` for one character; `[ab]` for one of these."""
CheckedDigest = Annotated[Digest, AfterValidator(parse_digest)]


class RetentionPolicy(Section):
    """What to keep of the repositories that match. Of several policies the first that matches counts.

    A tag stays if any keep rule holds; without any keep rule and without `delete_tags`, tags are not touched at all.
    """

    repositories: Glob = Field(description="which repositories, e.g. team/*")
    keep_last: int | None = Field(None, ge=1, description="keep this many of the newest images")
    keep_newer_than_days: float | None = Field(None, gt=0, description="keep images made within so many days")
    keep_semver: Range | None = Field(None, description="keep tags whose version is in this range, e.g. '>=2.0.0'")
    keep_tags: tuple[Pattern, ...] = Field((), description="keep tags that match one of these regular expressions")
    keep_pulled_within_days: float | None = Field(None, gt=0, description="keep images pulled within so many days")
    protected: tuple[Pattern, ...] = Field((), description="tags that are never deleted, not even on request")
    delete_tags: Pattern | None = Field(None, description="only tags that match may go; the others are not touched")
    delete_untagged: bool = Field(False, description="delete manifests that no tag and no index leads to")
    delete_orphaned_referrers: bool = Field(False, description="delete signatures and the like of images that are gone")

    def matches(self, repository: str) -> bool:
        """Whether the policy is about this repository."""
        return fnmatchcase(repository, self.repositories)

    @property
    def keeps(self) -> bool:
        """Whether there is any keep rule."""
        rules = (self.keep_last, self.keep_newer_than_days, self.keep_semver, self.keep_pulled_within_days)
        return any(rule is not None for rule in rules) or bool(self.keep_tags)

    @property
    def judges_age(self) -> bool:
        """Whether any rule goes by when an image was made."""
        return self.keep_last is not None or self.keep_newer_than_days is not None

    @property
    def touches_tags(self) -> bool:
        """Whether any tag may go by this policy."""
        return self.keeps or self.delete_tags is not None


class DeletionRequest(Section):
    """Images to delete whatever the policies keep; what is protected or running stays all the same."""

    repositories: Glob = Field(description="which repositories, e.g. team/app")
    tags: Pattern | None = Field(None, description="tags that match this regular expression")
    digests: tuple[CheckedDigest, ...] = Field((), description="manifests by digest")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.tags is None and not self.digests:
            raise ValueError("asks for nothing; give tags or digests")
        return self

    def matches(self, repository: str) -> bool:
        """Whether the request is about this repository."""
        return fnmatchcase(repository, self.repositories)

    def names_tag(self, tag: str) -> bool:
        """Whether the request asks for this tag by its name."""
        return self.tags is not None and re.fullmatch(self.tags, tag) is not None


class Caps(Section):
    """What stops a plan that takes more than anyone meant."""

    max_deletions: int | None = Field(100, ge=0, description="manifests a plan may delete at most; null for no cap")
    max_repository_share: float | None = Field(
        None, gt=0, le=1, description="share of a repository's images a plan may delete at most, e.g. 0.5"
    )


class Retention(Section):
    """Everything that decides what goes."""

    policies: tuple[RetentionPolicy, ...] = Field((), description="what to keep, by repository")
    delete: tuple[DeletionRequest, ...] = Field((), description="what to delete on request")
    caps: Caps = Field(default_factory=Caps, description="what stops a plan")

    def policy_for(self, repository: str) -> RetentionPolicy | None:
        """Return the first policy that matches."""
        return next((policy for policy in self.policies if policy.matches(repository)), None)

    def judges_age(self, repository: str) -> bool:
        """Whether anything decides on the repository's images by when they were made."""
        policy = self.policy_for(repository)
        return policy is not None and policy.judges_age

    def requests_for(self, repository: str) -> tuple[DeletionRequest, ...]:
        """Return every request that matches."""
        return tuple(request for request in self.delete if request.matches(repository))
