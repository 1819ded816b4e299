"""`Stack` with `registry.kind: none`: no registry, no certificates, no accounts."""

import json
from typing import Any

import pulumi

from components.stack import Stack
from towpath.settings import load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
EXTERNAL = {"ghcr.io": {"username": "bot", "password": "sesame", "email": "bot@example.com"}}


@pulumi.runtime.test
def test_only_nodes_and_logins_of_providers_are_made(recorder: Any) -> pulumi.Output[None]:
    groups = {
        "registry": {"kind": "none"},
        "nodes": {"members": {"a": {"address": "10.0.0.1"}}},
        "external_registries": EXTERNAL,
    }
    settings = load_settings({f"towpath:{name}": json.dumps(value) for name, value in groups.items()})
    stack = Stack(settings, {"a": Connection("10.0.0.1", KEY)})
    assert (stack.registry, stack.credentials, stack.caches) == (None, None, {})
    assert stack.external is not None

    def check(parts: list[Any]) -> None:
        login, _ = parts
        assert login == {"username": "bot", "password": "sesame", "email": "bot@example.com"}
        assert set(recorder.of_type("remote:Command")) == {"a-apply"}
        assert set(recorder.of_type(":RandomPassword")) == {"drift-salt"}
        assert not recorder.of_type("PrivateKey")

    return pulumi.Output.all(stack.external.logins["ghcr.io"], stack.nodes["a"].status).apply(check)


@pulumi.runtime.test
async def test_a_login_is_secret(recorder: Any) -> None:
    from components.external_logins import ExternalLogins  # noqa: PLC0415
    from towpath.settings.external_registries import ExternalRegistry  # noqa: PLC0415

    logins = ExternalLogins("external", {"ghcr.io": ExternalRegistry.model_validate(EXTERNAL["ghcr.io"])})
    assert await logins.logins["ghcr.io"].is_secret()
