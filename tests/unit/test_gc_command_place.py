"""`images collect`: where the registry of a stack runs, and how it is reached."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deployment_settings import NODES, stack
from towpath.cli.collecting import _place
from towpath.cli.connection import OptionsError
from towpath.cli.stack_context import StackContext
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"


def context(settings: Settings, folder: Path) -> StackContext:
    kubeconfig = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": "https://10.0.0.8:6443"}}],
        "users": [{"name": "me", "user": {"token": "hush"}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
    return StackContext("prod", folder, settings, {}, {"a": Connection("10.0.0.1", KEY)})


def test_a_deployment_is_reached_by_the_clusters_way_and_so_is_its_cache(tmp_path: Path) -> None:
    deployment: dict[str, Any] = {"namespace": "images", "redis": {"address": "redis:6379", "database": 2}}
    cluster = {"kubeconfig_file": "kubeconfig", "access": "ssh", "via": "a"}
    place, way = _place(context(stack(deployment, cluster=cluster), tmp_path))
    assert place == {"kind": "deployment", "namespace": "images", "name": "registry"}
    assert way["cluster"]["through"]["host"] == way["cache"]["through"]["host"] == "10.0.0.1"
    assert (way["cache"]["address"], way["cache"]["database"]) == ("redis:6379", 2)


def test_a_nodes_folder_is_weighed_on_its_node_and_a_claim_is_not(tmp_path: Path) -> None:
    volume = {"storage": {"volume": {"node": "a", "folder": "/data/registry"}}}
    cluster = {"kubeconfig_file": "kubeconfig"}
    _, way = _place(context(stack(volume, cluster=cluster), tmp_path))
    assert (way["folder"]["machine"]["host"], way["folder"]["folder"]) == ("10.0.0.1", "/data/registry")
    _, way = _place(context(stack({}, cluster=cluster), tmp_path))
    assert way["folder"] is None


def test_a_container_is_reached_by_its_node(tmp_path: Path) -> None:
    groups: dict[str, Any] = {"nodes": NODES, "registry": {"node": "a"}, "accounts": [{"name": "ci"}]}
    loaded = load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})
    place, way = _place(context(loaded, tmp_path))
    assert (place["kind"], way["host"]) == ("container", "10.0.0.1")


def test_without_a_registry_there_is_nothing_to_collect(tmp_path: Path) -> None:
    groups: dict[str, Any] = {"nodes": NODES, "registry": {"kind": "none"}}
    loaded = load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})
    with pytest.raises(OptionsError, match="no registry of its own"):
        _place(context(loaded, tmp_path))
