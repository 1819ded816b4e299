"""A plan that deletes more than anyone meant does not begin."""

from collections.abc import Iterator

from .rule import IMAGE_DELETION, Limit, Limits, Properties, Rule, whole


def judge(properties: Properties, limits: Limits) -> Iterator[str]:
    """Find a plan with too many manifests, or too many tags, those of deleted manifests included."""
    manifests = len(properties["deletions"])
    tags = len(properties["untaggings"]) + sum(len(each["tags"]) for each in properties["deletions"].values())
    for kind, count in (("manifests", manifests), ("tags", tags)):
        limit = f"max_{kind}"
        if count > limits[limit]:
            yield f"`deletions` and `untaggings` take {count:,} {kind}, above {limits[limit]:g} ({limit})"


RULE = Rule(
    name="deletion-caps",
    reason="One `up` deletes so many images at most: a rule that matches too much is seen before it has done its work.",
    fix="narrow images.retention, delete in several runs, or raise the limit for this stack for once",
    types=(IMAGE_DELETION,),
    reads=("deletions", "untaggings"),
    judge=judge,
    severity="high",
    limits={
        "max_manifests": Limit(100, "manifests that one `up` deletes at most", whole()),
        "max_tags": Limit(200, "tags that one `up` deletes at most", whole()),
    },
)
