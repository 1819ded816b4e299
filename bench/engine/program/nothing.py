"""A dynamic resource that does nothing."""

from typing import Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    """Makes nothing."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Return at once."""
        return CreateResult("nothing", props)


class Nothing(Resource, module="bench", name="Nothing"):
    """Nothing."""

    def __init__(self, name: str) -> None:
        """Register it."""
        super().__init__(NothingProvider(), name, {})
