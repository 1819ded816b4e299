"""`MirroredImages`: what the resource is given, and what of it is secret."""

from typing import Any

import pulumi

from components.image_mirror import MirroredImages, MirroredImagesArgs
from towpath.images.mirror.room import StorageFolder
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted
from towpath.ssh.connection import Connection

DIGEST = f"sha256:{'0' * 64}"


def made() -> MirroredImages:
    args = MirroredImagesArgs(
        registry="here.test:6000",
        access=pulumi.Output.secret({"registry": "here.test:6000", "password": "word"}),
        images=[Wanted("team/app:1", "up.test/app:1", DIGEST, pin=True)],
        ways={"up.test": UpstreamWay("up.test", username="me", password="theirs")},
        storage=StorageFolder(Connection("10.0.0.5", "a key", private_key="a private key"), "/data/registry"),
    )
    return MirroredImages("mirror", args)


def secret(value: Any) -> Any:
    """What is inside a secret; fails for a value that is none."""
    assert pulumi.runtime.rpc._special_sig_key in value
    return value["value"]


@pulumi.runtime.test
def test_the_images_are_readable_inputs_and_all_else_is_secret(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        (inputs,) = recorder.of_type("images:ImageMirror").values()
        assert inputs["images"] == {"team/app:1": {"from": "up.test/app:1", "digest": DIGEST, "pin": True}}
        assert inputs["drift"] == {}
        assert secret(inputs["access"])["password"] == "word"
        assert secret(inputs["ways"])["up.test"]["password"] == "theirs"
        assert secret(inputs["storage"])["folder"] == "/data/registry"
        assert recorder.registrations["mirror-copies"].typ == "pulumi-python:dynamic/images:ImageMirror"

    return made().placed.apply(check)
