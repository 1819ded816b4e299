"""`ExternalLogin`: a login that a command gives, kept in the state until a set share of its life is over.

This resource runs the command in create and update only: its preview runs nothing, and shows an update where the next
`up` gets another token, whose end stands in `expires`. A destroy forgets the token; it does not revoke it. Who asks the
registry while the program runs (`images.mirror`) gets a token of its own then, in a preview too: the state's may have
ended.
"""

import sys
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from towpath.external.login import GIVEN, SETTINGS, is_due, obtain


class ExternalLoginProvider(ResourceProvider):
    """Runs the command when there is no token, when it is due, and when the settings say another."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where settings differ or the token's time has come; nothing replaces."""
        changed, due = _settings(_olds) != _settings(_news), _is_due(_olds, _news)
        if due:
            # Nothing of the inputs differs that a preview could show; the engine shows what a plugin says here.
            sys.stderr.write(f"{_news['host']}: its token ends {_olds['expires']}, so that `up` gets another\n")
        return DiffResult(changes=changed or due, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Get a token."""
        return CreateResult(props["host"], {**props, **obtain(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Get another."""
        return UpdateResult({**_news, **obtain(_news)})


class ExternalLogin(Resource, module="external", name="ExternalLogin"):
    """A registry's login. `password` is secret."""

    username: pulumi.Output[str]
    password: pulumi.Output[str]
    obtained: pulumi.Output[str]
    """When the command ran, RFC 3339."""
    expires: pulumi.Output[str]
    """When the token ends, RFC 3339; empty where nobody knows."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register it: `props` are the `SETTINGS` of towpath.external.login, and `renew_after_percent`."""
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        outputs = dict.fromkeys(GIVEN)
        merged = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(ExternalLoginProvider(), name, {**props, **outputs}, merged)


def _settings(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props.get(key) for key in SETTINGS}


def _is_due(olds: dict[str, Any], news: dict[str, Any]) -> bool:
    return is_due(olds["obtained"], olds["expires"], float(news["renew_after_percent"]))
