"""`PullSecretsOutcome`: fails an `up` that could not serve every namespace, once everything else of it is done.

A dynamic resource that fails leaves nothing in the state; so those that do the work say what failed as an output.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from towpath.pull_secrets.secret_set import raise_for

_WHAT = "serving pull secrets"


class PullSecretsOutcomeProvider(ResourceProvider):
    """Raises what failed."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where the failures differ; nothing ever replaces."""
        return DiffResult(changes=_olds.get("failed") != _news.get("failed"), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raise PullSecretsError if a namespace failed."""
        raise_for(_WHAT, props["failed"])
        return CreateResult("pull-secrets", {**props})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Raise PullSecretsError if a namespace failed."""
        raise_for(_WHAT, _news["failed"])
        return UpdateResult({**_news})


class PullSecretsOutcome(Resource, module="cluster", name="PullSecretsOutcome"):
    """Whether every namespace was served."""

    def __init__(self, name: str, failed: pulumi.Input[dict[str, str]], opts: pulumi.ResourceOptions) -> None:
        """Register it: `failed` maps namespaces to steps and reasons."""
        super().__init__(PullSecretsOutcomeProvider(), name, {"failed": failed}, opts)
