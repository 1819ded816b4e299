"""`CollectedGarbage`: what its one resource is told, and that the ways to the registry stay secret."""

from typing import Any

import pulumi

from components.garbage_collection import CollectedGarbage, CollectedGarbageArgs
from towpath.images.collection.upkeep import MEANS, WISH
from towpath.settings.collection import Collection

SECRET, SECRET_VALUE = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How the engine's protocol marks a value as secret."""


def made(recorder: Any) -> CollectedGarbage:
    args = CollectedGarbageArgs(
        settings=Collection(grace_hours=12),
        registry="10.0.0.5:6000",
        access=pulumi.Output.secret({"password": "word"}),
        place={"kind": "container", "container": "registry"},
        way=pulumi.Output.from_input({"host": "10.0.0.5"}),
        deletions=pulumi.Output.from_input(3),
        expected="pulls fail for about 2 s in all",
    )
    return CollectedGarbage("garbage", args)


@pulumi.runtime.test
def test_it_is_told_when_where_and_after_how_many_deletions(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        (inputs,) = recorder.of_type("images:GarbageCollection").values()
        assert {*WISH, *MEANS, "expected"} <= inputs.keys()
        assert (inputs["deletions"], inputs["grace_hours"], inputs["when"]) == (3, 12, "after_deletions")

    return made(recorder).report.apply(check)


@pulumi.runtime.test
def test_the_ways_are_secret_inputs(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        inputs = recorder.registrations["garbage-collection"].inputs
        assert {inputs[name][SECRET] for name in ("access", "way")} == {SECRET_VALUE}

    return made(recorder).report.apply(check)
