"""Copies of other registries' images change when somebody says so."""

from collections.abc import Iterator

from .rule import PIN, Limits, Properties, Rule

_NOT_UPSTREAM = ("/", "./", "../", "docker-daemon:")


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each image that follows a tag of its upstream. A file or an image of a Docker engine follows nobody."""
    for target, image in properties["images"].items():
        if not (image.get("pin") or PIN in image["from"] or image["from"].startswith(_NOT_UPSTREAM)):
            yield f"`images` has {target}, which follows a tag"


RULE = Rule(
    name="mirrored-images-pinned",
    reason="A copied image stays at a digest: whoever moves the upstream's tag would decide what runs here.",
    fix="write images.mirror[].from as NAME@sha256:… with `to`, or set pin: true",
    types=("pulumi-python:dynamic/images:ImageMirror",),
    reads=("images",),
    judge=judge,
    severity="medium",
)
