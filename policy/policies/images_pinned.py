"""What serves images is itself an image that somebody chose."""

from collections.abc import Iterator

from .rule import DEPLOYMENT, NODE_STATE, PIN, Limits, Properties, Rule, facts
from .workload import containers


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each container, on a node or in a Deployment, whose image is not named by digest."""
    for name, image in facts(properties, "images").items():
        if PIN not in image:
            yield f"`facts.images.{name}` has no digest"
    for path, container in containers(properties):
        if PIN not in container["image"]:
            yield f"`{path}.image` has no digest"


RULE = Rule(
    name="images-pinned",
    reason="The registry's own image is named by digest: a tag that moves would bring a server that nobody tried.",
    fix="set registry.image to NAME@sha256:…; `docker buildx imagetools inspect registry:3` prints the digest",
    types=(NODE_STATE, DEPLOYMENT),
    reads=("facts", "spec"),
    judge=judge,
    severity="medium",
)
