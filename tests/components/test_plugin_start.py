"""Which plugins are started early, and in which version."""

import json
from typing import Any

import pulumi_command
import pulumi_random
import pulumi_tls
import pytest

from components.plugin_start import needed_packages, question

MEMBERS = {"members": {"node-1": {"address": "10.0.0.5"}}}
CHAIN = ["random", "pulumi-python", "command"]
PROVIDED = {"certificate": {"source": "provided"}}


@pytest.mark.parametrize(
    ("groups", "packages"),
    [
        ({}, []),
        ({"nodes": {}}, []),
        ({"nodes": {"setup": {}}}, []),
        ({"nodes": MEMBERS}, ["tls", *CHAIN]),
        ({"nodes": MEMBERS, "registry": {"certificate": {"source": "own-ca"}}}, ["tls", *CHAIN]),
        ({"nodes": MEMBERS, "registry": PROVIDED}, CHAIN),
        ({"nodes": MEMBERS, "registry": {"kind": "none"}, "namespaces": {"secret": "pull"}}, CHAIN),
        ({"registry": {"kind": "none"}, "namespaces": {"secret": "pull"}}, CHAIN[:2]),
        ({"registry": {"kind": "none"}}, []),
        ({"registry": {"kind": "deployment"}}, ["tls", *CHAIN[:2]]),
        ({"registry": {"kind": "deployment", **PROVIDED}}, CHAIN[:2]),
        ({"registry": {"kind": "container"}}, []),
        ({"nodes": ["no", "mapping"], "registry": "neither"}, []),
    ],
)
def test_a_stack_starts_what_it_needs_for_certain(groups: dict[str, Any], packages: list[str]) -> None:
    configuration = {f"towpath:{name}": json.dumps(value) for name, value in groups.items()}
    assert needed_packages(configuration) == packages


def test_settings_that_are_no_json_start_nothing_and_are_told_of_elsewhere() -> None:
    assert needed_packages({"towpath:nodes": "{"}) == []


@pytest.mark.parametrize(
    ("package", "sdk"), [("random", pulumi_random), ("command", pulumi_command), ("tls", pulumi_tls)]
)
def test_the_version_is_the_one_that_resources_come_with(package: str, sdk: Any) -> None:
    """With another, the engine would start a second plugin of the package, and keep a provider of each in the state."""
    assert question(package).version == sdk._utilities.get_version()
