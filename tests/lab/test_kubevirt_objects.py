"""KubeVirt's and CDI's objects that name our secrets are what an API server with their real schemas accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.errors import CommandError
from tests.lab.cluster_access import until
from tests.lab.kubevirt_schemas import UnavailableError, data_volume, virtual_machine, virtual_machine_instance
from towpath.cluster.running_images import running_images
from towpath.pull_secrets.references import container_disk, data_volume_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.api_server import ApiServer

IMAGE = "registry.test:5000/vm/fedora:42"


@pytest.fixture(scope="module")
def namespace(api_server: ApiServer) -> Iterator[str]:
    """A namespace of an API server that knows the kinds."""
    try:
        definitions = [virtual_machine_instance(), virtual_machine(), data_volume()]
    except UnavailableError as reason:
        pytest.skip(f"the CRDs cannot be had: {reason}")
    for definition in definitions:
        api_server.kubectl("create", "--filename", "-", stdin=json.dumps(definition).encode())
        until(lambda: is_served(api_server, definition), "the kind is served")  # noqa: B023 asked before the next one
    with api_server.namespaces("kubevirt") as (name,):
        yield name
    for definition in definitions:
        api_server.kubectl("delete", "crd", definition["metadata"]["name"], "--wait=false")


def is_served(api_server: ApiServer, definition: dict[str, Any]) -> bool:
    found = api_server.get("crd", definition["metadata"]["name"]).get("status") or {}
    return any(each["type"] == "Established" and each["status"] == "True" for each in found.get("conditions") or [])


def instance(volume: dict[str, Any]) -> dict[str, Any]:
    domain = {"devices": {"disks": [{"name": "root", "disk": {"bus": "virtio"}}]}, "memory": {"guest": "1Gi"}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "vm"},
        "spec": {"domain": domain, "volumes": [{"name": "root", **volume}]},
    }


def import_(source: dict[str, Any]) -> dict[str, Any]:
    storage = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {"name": "disk"},
        "spec": {"source": source, "storage": storage},
    }


def test_a_container_disk_names_its_pull_secret(api_server: ApiServer, namespace: str) -> None:
    api_server.create(namespace, instance(container_disk("regcred", IMAGE)))
    stored = api_server.get("-n", namespace, "virtualmachineinstance", "vm")["spec"]["volumes"][0]
    assert stored["containerDisk"]["imagePullSecret"] == "regcred"


def test_a_data_volume_names_its_secret_and_our_ca(api_server: ApiServer, namespace: str) -> None:
    api_server.create(namespace, import_(data_volume_source("regcred", IMAGE)))
    stored = api_server.get("-n", namespace, "datavolume", "disk")["spec"]["source"]["registry"]
    assert (stored["secretRef"], stored["certConfigMap"]) == ("regcred-cdi", "regcred-cdi-ca")


async def test_images_of_stopped_machines_and_of_imports_are_in_use(api_server: ApiServer, namespace: str) -> None:
    running = instance(container_disk("regcred", "registry.test:5000/vm/disk:1"))
    volume = import_({"registry": {"url": "docker://registry.test:5000/vm/template:1"}})
    stopped = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "stopped"},
        "spec": {
            "runStrategy": "Halted",
            "template": {"spec": running["spec"]},
            "dataVolumeTemplates": [{"metadata": {"name": "root"}, "spec": volume["spec"]}],
        },
    }
    api_server.create(namespace, stopped)
    imported = import_({"registry": {"url": "docker://registry.test:5000/vm/import:1"}})
    api_server.create(namespace, {**imported, "metadata": {"name": "import"}})
    async with api_server.access.client() as client:
        found = {image.reference for image in await running_images(client)}
    assert {f"registry.test:5000/vm/{name}:1" for name in ("disk", "template", "import")} <= found


@pytest.mark.parametrize(
    "document",
    [
        instance({"containerDisk": {"image": IMAGE, "imagePullSecrets": "regcred"}}),
        import_({"registry": {"url": f"docker://{IMAGE}", "secretReference": "regcred-cdi"}}),
    ],
)
def test_the_schemas_refuse_what_they_do_not_know(
    api_server: ApiServer, namespace: str, document: dict[str, Any]
) -> None:
    with pytest.raises(CommandError, match=r"unknown field"):
        api_server.create(namespace, document)
