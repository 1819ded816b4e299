"""The table of what the engine provides agrees with what uses it."""

import importlib.metadata
import importlib.util
import re

import pytest

from engine.catalog import EMBEDDED_PLUGINS, MINIMUM_GO, PULUMI_VERSION, YAML_VERSION, EmbeddedPlugin
from engine.languages import sdk_generator, yaml_host
from engine.layout import Layout


@pytest.mark.parametrize("plugin", EMBEDDED_PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_can_be_started_and_has_the_version_of_its_sdk(plugin: EmbeddedPlugin) -> None:
    assert importlib.util.find_spec(f"{plugin.module}.__main__") is not None
    try:
        sdk = importlib.metadata.version(f"pulumi-{plugin.name}")
    except importlib.metadata.PackageNotFoundError:
        return
    assert plugin.version == sdk


def test_cli_and_sdk_have_one_version() -> None:
    go_mod = (Layout().cli_module / "go.mod").read_text()

    assert importlib.metadata.version("pulumi") == PULUMI_VERSION
    assert f"github.com/pulumi/pulumi/pkg/v3 v{PULUMI_VERSION}" in go_mod
    found = re.search(r"^go (\d+)\.(\d+)", go_mod, re.MULTILINE)
    assert found is not None
    assert (int(found[1]), int(found[2])) == MINIMUM_GO


def test_the_host_of_yaml_and_the_generator_have_the_versions_that_the_catalog_names() -> None:
    layout = Layout()
    yaml, generator = (
        (program.module / "go.mod").read_text() for program in (yaml_host(layout), sdk_generator(layout))
    )

    assert f"github.com/pulumi/pulumi-yaml v{YAML_VERSION}" in yaml
    for part in ("pkg", "sdk"):
        assert f"github.com/pulumi/pulumi/{part}/v3 v{PULUMI_VERSION}" in generator
