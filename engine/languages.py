"""Language hosts beside Python's, put beside the CLI when somebody asks for them.

`yaml` is the official host, whole. `go` and `nodejs` write SDKs by Pulumi's own generators and run no programs: their
official hosts cannot be had from package registries (see README.md for what runs such programs).
"""

import sys
from typing import TextIO

from engine.build import GoProgram, ensure
from engine.catalog import PULUMI_VERSION, YAML_VERSION
from engine.install import place, read_choice
from engine.layout import Layout

_YAML_PACKAGE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def install_languages(layout: Layout, languages: list[str], progress: TextIO = sys.stderr) -> None:
    """Build what the cache lacks; an official installation, which has its own hosts, is left as it is.

    Raises EngineError (see engine.errors).
    """
    choice = read_choice(layout)
    if choice and not choice.embedded:
        return
    for language in languages:
        program = yaml_host(layout) if language == "yaml" else sdk_generator(layout)
        place(ensure(program, layout, progress), layout.bin / f"pulumi-language-{language}")


def yaml_host(layout: Layout) -> GoProgram:
    """Return the official host of YAML programs."""
    title = f"the host of YAML programs v{YAML_VERSION}"
    return GoProgram("pulumi-language-yaml", YAML_VERSION, layout.checkout / "engine" / "yaml", _YAML_PACKAGE, title)


def sdk_generator(layout: Layout) -> GoProgram:
    """Return what writes SDKs, in the language that its file is named after."""
    return GoProgram("sdkgen", PULUMI_VERSION, layout.checkout / "engine" / "sdkgen", ".", "the generator of SDKs")
