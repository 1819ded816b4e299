"""`RegistryDeployment`: what it registers, in which order, with what kept secret, and what makes pods new."""

from typing import Any

import pulumi
import pytest

from components.kubernetes_provider import KubernetesCluster
from components.stack import Stack
from tests.unit.deployment_settings import S3, stack
from towpath.settings import Settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
VOLUME = {"volume": {"node": "b", "folder": "/data/registry"}}


def made(loaded: Settings) -> pulumi.Output[Any]:
    """Make the stack; known when the registry has been checked."""
    connections = {name: Connection(node.address, KEY) for name, node in loaded.nodes.members.items()}
    built = Stack(loaded, connections, (), KubernetesCluster("the-kubeconfig", "https://api.test"))
    assert built.registry
    return pulumi.Output.all(built.registry.url, built.registry.host, built.registry.ca_pem)


def order(recorder: Any, *names: str) -> list[str]:
    return [name for name in recorder.resources if name in names]


@pulumi.runtime.test
def test_it_has_the_outputs_of_a_container_once_it_has_answered(recorder: Any) -> pulumi.Output[None]:
    def check(outputs: list[str]) -> None:
        assert outputs == ["https://r.test:30500", "r.test:30500", recorder.pem("certificate-ca")]
        assert list(recorder.resources)[-1] == "registry-check"

    return made(stack({"storage": VOLUME}, host="r.test")).apply(check)


@pulumi.runtime.test
def test_what_pods_need_comes_before_them(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        names = ("registry-namespace", "registry-folder-apply", "registry-persistentvolume")
        chain = [*names, "registry-persistentvolumeclaim", "registry-deployment", "registry-check"]
        found = order(recorder, *chain)
        assert sorted(found) == sorted(chain)
        assert found.index("registry-folder-apply") < found.index("registry-persistentvolume")
        assert found[-3:] == chain[-3:]
        ways = order(recorder, "registry-deployment", "registry-service", "registry-networkpolicy")
        assert ways[0] == "registry-deployment"
        nodes = order(recorder, "a-apply", "b-apply", "registry-namespace")
        assert nodes[-1] == "registry-namespace"

    return made(stack({"storage": VOLUME})).apply(check)


@pulumi.runtime.test
def test_one_provider_serves_all_and_its_kubeconfig_is_secret(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        providers = recorder.of_type("providers:kubernetes")
        assert list(providers) == ["cluster"]
        provider = providers["cluster"]
        assert provider["clusterIdentifier"] == "https://api.test"
        assert provider["enableServerSideApply"] == provider["enableSecretMutable"] == "true"
        assert _is_secret(provider["kubeconfig"])

    return made(stack({"storage": VOLUME})).apply(check)


@pulumi.runtime.test
def test_a_kept_claim_is_taken_over_and_left(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        taking_over = recorder.of_type("providers:kubernetes")["cluster-taking-over"]
        assert taking_over["upsertExistingObjects"] == "true"
        uses = {name: recorder.registrations[name].provider for name in recorder.resources}
        kept = {name for name, provider in uses.items() if provider and "cluster-taking-over" in provider}
        assert kept == {"registry-namespace", "registry-persistentvolumeclaim"}

    return made(stack({})).apply(check)


@pulumi.runtime.test
@pytest.mark.parametrize("storage", [{"s3": S3}, {"claim": {"keep": False}}])
def test_the_namespace_of_a_claim_that_was_kept_earlier_is_left_too(
    recorder: Any, storage: dict[str, Any]
) -> pulumi.Output[None]:
    recorder.last_outputs = {"registry": {"kept_claims": ["registry/registry-images", "other/registry-images"]}}
    loaded = stack({"storage": storage})
    connections = {name: Connection(node.address, KEY) for name, node in loaded.nodes.members.items()}
    built = Stack(loaded, connections, (), KubernetesCluster("the-kubeconfig", "https://api.test"))
    assert built.registry
    assert built.kept_claims == ["other/registry-images", "registry/registry-images"]

    def check(_: Any) -> None:
        assert "cluster-taking-over" in recorder.registrations["registry-namespace"].provider
        claim = recorder.registrations.get("registry-persistentvolumeclaim")
        assert claim is None or "taking-over" not in claim.provider

    return built.registry.url.apply(check)


@pulumi.runtime.test
def test_nothing_is_kept_that_is_not_to_be(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert list(recorder.of_type("providers:kubernetes")) == ["cluster"]

    return made(stack({"storage": {"claim": {"keep": False}}})).apply(check)


@pulumi.runtime.test
def test_secrets_are_secret_and_what_is_shown_is_not(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        secrets = recorder.of_type("core/v1:Secret")
        assert set(secrets) == {"registry-config", "registry-htpasswd", "registry-tls"}
        for inputs in secrets.values():
            assert _is_secret(inputs["stringData"])
        deployment = recorder.of_type("apps/v1:Deployment")["registry-deployment"]
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        assert {key.rpartition("/")[2] for key in annotations} == {"config", "htpasswd", "tls"}
        assert all(isinstance(value, str) for value in annotations.values())
        check = recorder.of_type("registry:RegistryCheck")["registry-check"]
        assert _is_secret(check["access"])
        assert not _is_secret(check["rollout"])

    return made(stack({"storage": {"s3": S3}})).apply(check)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"log": {"level": "debug"}}, {"config"}),
        ({"realm": "Another"}, {"config"}),
        ({"log": {"max_files": 9}}, set()),
        ({"container": "other", "port": 6123}, set()),
    ],
)
def test_pods_are_new_exactly_where_what_they_read_is(recorder: Any, change: dict[str, Any], changed: set[str]) -> None:
    before, after = checksums(recorder, {}), checksums(recorder, change)
    assert {key.rpartition("/")[2] for key in before if before[key] != after[key]} == changed


def checksums(recorder: Any, registry: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}

    @pulumi.runtime.test
    def run() -> pulumi.Output[None]:
        recorder.resources.clear()

        def check(_: Any) -> None:
            deployment = recorder.of_type("apps/v1:Deployment")["registry-deployment"]
            found.update(deployment["spec"]["template"]["metadata"]["annotations"])

        return made(stack({"storage": VOLUME}, **registry)).apply(check)

    run()
    return found


def _is_secret(value: Any) -> bool:
    return (
        isinstance(value, dict) and value.get("4dabf18193072939515e22adb298388d") == "1b47061264138c4ac30d75fd1eb44270"
    )
