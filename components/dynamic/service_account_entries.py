"""`ServiceAccountEntries`: our entry in the `imagePullSecrets` of chosen ServiceAccounts, as one resource."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from towpath.pull_secrets import entries_lifecycle


class ServiceAccountEntriesProvider(ResourceProvider):
    """Appends and removes one entry; what fails is an output, so that the state knows which entries are ours."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change in any input, and in what failed before; nothing ever replaces."""
        return DiffResult(changes=entries_lifecycle.has_changed(_olds, _news), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Put the entry in everywhere."""
        return CreateResult(f"{props['secret_name']}@{props['owner']}", entries_lifecycle.created(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Leave the accounts out that lack the entry now, so that the next `up` puts it in."""
        outs = entries_lifecycle.found(props)
        inputs = {key: value for key, value in outs.items() if key not in entries_lifecycle.COMPUTED}
        return ReadResult(id_, outs, inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Put in what is new, take out what is wanted no more."""
        return UpdateResult(entries_lifecycle.updated(_olds, _news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Take out what is ours."""
        entries_lifecycle.deleted(_props)


class ServiceAccountEntries(Resource, module="cluster", name="ServiceAccountEntries"):
    """The accounts that have the entry."""

    failed: pulumi.Output[dict[str, str]]
    """Namespace → step and reason."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register the entries: `props` are access (secret), secret_name, owner and accounts."""
        computed = dict.fromkeys(entries_lifecycle.COMPUTED)
        super().__init__(ServiceAccountEntriesProvider(), name, {**props, **computed}, opts)
