"""The components as a provider plugin, for programs in other languages."""

import sys
from importlib.metadata import PackageNotFoundError, version

import pulumi
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from components.environment import Environment
from towpath.errors import TowpathError

NAME = "towpath"


class Provider(ComponentProvider):
    """The SDK's host of components; it shows errors for people without the place in the code."""

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, TowpathError):
                raise pulumi.InputPropertiesError(str(error.inner), []) from None
            raise


def serve() -> None:
    """Serve the engine whose address is the last argument."""
    try:
        ours = version(NAME)
    except PackageNotFoundError:
        ours = "0.0.0"
    main(Provider([Environment], NAME, version=ours), sys.argv[1:])
