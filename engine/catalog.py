"""What the embedded engine provides: the one table of versions and plugins."""

from typing import NamedTuple

#: Version of the CLI that is built, equal to the SDK's in pyproject.toml.
PULUMI_VERSION = "3.259.0"

#: Version of the host of YAML programs, the newest that the Go module proxy has whole.
YAML_VERSION = "1.25.0"

#: Oldest Go that builds this version of the CLI (`go` line of its go.mod).
MINIMUM_GO = (1, 26)


class EmbeddedPlugin(NamedTuple):
    """A resource plugin that is served by a Python module.

    `version` is the SDK's version, without `v`: the engine takes a plugin only if it is exactly equal.
    """

    name: str
    version: str
    module: str

    @property
    def folder(self) -> str:
        """Name of the plugin's folder below `$PULUMI_HOME/plugins`."""
        return f"resource-{self.name}-v{self.version}"

    @property
    def executable(self) -> str:
        """Name of the plugin's executable inside its folder."""
        return f"pulumi-resource-{self.name}"


EMBEDDED_PLUGINS = (
    EmbeddedPlugin("random", "4.21.1", "engine.plugins.random"),
    EmbeddedPlugin("tls", "5.5.1", "engine.plugins.tls"),
    EmbeddedPlugin("command", "1.2.1", "engine.plugins.command"),
    EmbeddedPlugin("kubernetes", "4.34.2", "engine.plugins.kubernetes"),
)
