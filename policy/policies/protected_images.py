"""Some tags are never deleted, whatever a stack's settings say."""

import re
from collections.abc import Iterable, Iterator

from .rule import IMAGE_DELETION, Limit, Limits, Properties, Rule


def judge(properties: Properties, limits: Limits) -> Iterator[str]:
    """Find each deletion, of a manifest with all its tags or of one tag, that takes a protected tag away."""
    protected = [re.compile(pattern) for pattern in limits["protected"]]
    for name, deletion in properties["deletions"].items():
        if _any(protected, deletion["tags"]):
            yield f"`deletions` has {name}, which a protected tag leads to"
    for name in properties["untaggings"]:
        if _any(protected, [name.rpartition(":")[2]]):
            yield f"`untaggings` has {name}, a protected tag"


def _any(protected: Iterable[re.Pattern[str]], tags: Iterable[str]) -> bool:
    return any(pattern.fullmatch(tag) for pattern in protected for tag in tags)


RULE = Rule(
    name="protected-images",
    reason="Released images are not deleted: a node that is set up anew must be able to pull them.",
    fix="keep them: add the tags to images.retention.policies[].protected, or take the request out of "
    "images.retention.delete",
    types=(IMAGE_DELETION,),
    reads=("deletions", "untaggings"),
    judge=judge,
    severity="critical",
    limits={
        "protected": Limit(
            ["release-.*", "stable", "production"],
            "regular expressions, each for a whole tag",
            {"type": "array", "items": {"type": "string", "format": "regex"}},
        )
    },
)
