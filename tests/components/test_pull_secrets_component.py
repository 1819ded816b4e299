"""`PullSecrets`: what is registered either way, and what it tells the rest of the stack."""

import base64
import json
from typing import Any

import pulumi
from pulumi.runtime import rpc

from components.kubernetes_provider import KubernetesCluster
from components.pull_secrets import PullSecrets, PullSecretsArgs
from towpath.cluster.access import ClusterAccess
from towpath.pull_secrets.selection import Chosen
from towpath.pull_secrets.survey import Survey
from towpath.settings.accounts import Account
from towpath.settings.namespaces import Namespaces

RULES = [
    {"names": ["a", "b"], "create": True, "service_accounts": "default"},
    {"names": ["c"], "account": "team", "registries": ["own", "ghcr.io"], "email": "team@corp.test", "cdi": True},
]
LOGINS = {name: {"username": f"{name}.1", "password": f"password of {name}"} for name in ("ci", "team")}
GHCR = {"username": "robot", "password": "token"}


class Asked:
    """A survey that is there already."""

    access = ClusterAccess("a kubeconfig")
    owner = "test"

    def __init__(self, refused: dict[str, str]) -> None:
        self._refused = refused

    def result(self) -> Survey:
        chosen = (Chosen("a", 0, create=True), Chosen("b", 0, create=True), Chosen("c", 1, create=False))
        return Survey(chosen, self._refused, {"a": ("default",), "b": ("default",)})


def made(mode: str, refused: dict[str, str] | None = None) -> PullSecrets:
    args = PullSecretsArgs(
        settings=Namespaces.model_validate({"mode": mode, "rules": RULES}),
        asked=Asked(refused or {}),  # type: ignore[arg-type]  # stands in for one that asks a cluster
        cluster=KubernetesCluster("a kubeconfig", "https://api.test:6443"),
        accounts=[Account(name="ci", role="push"), Account(name="team")],
        registry="reg.test:6000",
        logins=pulumi.Output.secret(LOGINS),
        external={"ghcr.io": pulumi.Output.secret(GHCR)},
        ca_pem="the CA",
    )
    return PullSecrets("pull-secrets", args)


def finished(secrets: PullSecrets) -> pulumi.Output[Any]:
    return pulumi.Output.all(*(each.urn for each in secrets.consumers))


def plain(value: Any) -> Any:
    """Return what a secret holds; mocks see the wrapper."""
    assert rpc.is_rpc_secret(value)
    return rpc.unwrap_rpc_secret(value)


def auths(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["auths"]
    return found


@pulumi.runtime.test
def test_each_namespace_has_its_secret_and_none_is_deleted_by_pulumi(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        found = recorder.of_type("core/v1:Secret")
        assert sorted(each["metadata"]["namespace"] for each in found.values()) == ["a", "b", "c"]
        assert {each["type"] for each in found.values()} == {"kubernetes.io/dockerconfigjson"}
        (holder,) = recorder.of_type("cluster:PullSecretSet").values()
        assert holder["applies"] is False
        assert sorted(holder["namespaces"]) == ["a", "b", "c"]
        text = base64.b64decode(plain(found["pull-secrets-c"]["data"])[".dockerconfigjson"]).decode()
        assert auths(text) == auths(plain(holder["contents"])["1"]["config"])

    return finished(made("each")).apply(check)


@pulumi.runtime.test
def test_a_set_is_one_resource(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert not recorder.of_type("core/v1:Secret")
        assert not recorder.of_type("pulumi:providers:kubernetes")
        (holder,) = recorder.of_type("cluster:PullSecretSet").values()
        assert holder["applies"] is True
        assert holder["namespaces"]["a"] == {"content": "0", "create": True, "labels": {}}
        assert holder["namespaces"]["c"] == {"content": "1", "cdi": True}
        assert holder["ca_pem"] == "the CA"
        (entries,) = recorder.of_type("cluster:ServiceAccountEntries").values()
        assert entries["accounts"] == {"a": ["default"], "b": ["default"]}

    return finished(made("set")).apply(check)


@pulumi.runtime.test
def test_logins_are_those_of_the_rule(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        (holder,) = recorder.of_type("cluster:PullSecretSet").values()
        first, second = (auths(plain(holder["contents"])[key]["config"]) for key in ("0", "1"))
        assert list(first) == ["reg.test:6000"]
        assert first["reg.test:6000"]["username"] == "team.1", "the first account for pulling"
        assert sorted(second) == ["ghcr.io", "reg.test:6000"]
        assert second["reg.test:6000"]["email"] == "team@corp.test"
        assert "email" not in second["ghcr.io"]
        assert plain(holder["contents"])["1"]["password"] == "password of team"

    return finished(made("set")).apply(check)


@pulumi.runtime.test
def test_a_namespace_that_cannot_be_served_has_no_secret_but_fails_the_outcome(
    recorder: Any,
) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert sorted(recorder.of_type("core/v1:Secret")) == ["pull-secrets-a", "pull-secrets-c"]
        (holder,) = recorder.of_type("cluster:PullSecretSet").values()
        assert holder["refused"] == {"b": "it is being deleted"}
        assert recorder.of_type("cluster:PullSecretsOutcome")

    return finished(made("each", {"b": "it is being deleted"})).apply(check)


@pulumi.runtime.test
async def test_what_leads_to_the_cluster_and_what_is_in_the_secrets_is_secret(recorder: Any) -> None:
    holder = made("set").consumers[0]
    for name in ("access", "contents"):
        assert await getattr(holder, name).is_secret(), name
