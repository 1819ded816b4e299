"""Which of a repository's tags are wanted. No I/O."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from towpath.images.retention.semver_range import SemverRange, parse_version
from towpath.settings.mirror import MirrorTags

_OF_REFERRERS = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(?:\..*)?")
"""The lists of referrers, and cosign's signatures: they belong to an image and come with it."""


def choose_tags(tags: Iterable[str], choice: MirrorTags) -> list[str]:
    """Return the chosen tags: by version, highest first, then those that are no versions, by name."""
    found = [tag for tag in dict.fromkeys(tags) if not _OF_REFERRERS.fullmatch(tag) and _is_chosen(tag, choice)]
    versions = [(version, tag) for tag in found if (version := parse_version(tag))]
    ordered = [tag for _, tag in sorted(versions, reverse=True)]
    if choice.newest is not None:
        return ordered[: choice.newest]
    return ordered + sorted(set(found) - set(ordered))


def missing_names(tags: Iterable[str], choice: MirrorTags) -> list[str]:
    """Return the tags that are wanted by their whole name and are not there."""
    return sorted({name for name in choice.names if not set("*?[") & set(name)} - set(tags))


def _is_chosen(tag: str, choice: MirrorTags) -> bool:
    if not choice.names and choice.regex is None and choice.semver is None:
        return True
    if any(fnmatchcase(tag, name) for name in choice.names):
        return True
    if choice.regex is not None and re.fullmatch(choice.regex, tag):
        return True
    version = parse_version(tag)
    return choice.semver is not None and version is not None and version in SemverRange(choice.semver)
