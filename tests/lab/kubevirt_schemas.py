"""The real CustomResourceDefinitions of KubeVirt and CDI, out of their own source modules.

Both are generated Go maps of YAML texts; the modules' contents are pinned by their go.sum hashes.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

KUBEVIRT = ("kubevirt.io/kubevirt@v1.7.0", "h1:Emz0v1IGKwTvWvD+d0mZmfZFvVCxreSAPAUQnp0ZhZI=")
CDI = ("kubevirt.io/containerized-data-importer@v1.65.0", "h1:V2Yc+D+WeZ3uUubzxuOvMiXe5puIyekY5498xBmG3hA=")
_KUBEVIRT_FILE = "pkg/virt-operator/resource/generate/components/validations_generated.go"
_CDI_FILE = "pkg/operator/resources/crds_generated.go"
_BACKTICK = '` + "`" + `'
_PLACEHOLDER = "\x01"


class UnavailableError(Exception):
    """A module could not be downloaded."""


def virtual_machine_instance() -> dict[str, Any]:
    """Return the CRD of `VirtualMachineInstance`."""
    return _of_kubevirt("VirtualMachineInstance")


def virtual_machine() -> dict[str, Any]:
    """Return the CRD of `VirtualMachine`."""
    return _of_kubevirt("VirtualMachine")


def _of_kubevirt(kind: str) -> dict[str, Any]:
    """KubeVirt's operator puts names around the schema as here."""
    singular = kind.lower()
    schema = yaml.safe_load(_entry(_module(*KUBEVIRT) / _KUBEVIRT_FILE, singular))
    names = {"kind": kind, "plural": f"{singular}s", "singular": singular}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{singular}s.kubevirt.io"},
        "spec": {"group": "kubevirt.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def data_volume() -> dict[str, Any]:
    """Return the CRD of `DataVolume`."""
    found: dict[str, Any] = yaml.safe_load(_entry(_module(*CDI) / _CDI_FILE, "datavolume"))
    return found


def _module(module: str, sum_: str) -> Path:
    done = subprocess.run(
        ["go", "mod", "download", "-json", module], cwd="/", capture_output=True, text=True, check=False
    )
    said = json.loads(done.stdout) if done.stdout.startswith("{") else {"Error": done.stderr}
    if said.get("Error"):
        raise UnavailableError(f"{module}: {said['Error']}")
    assert said["Sum"] == sum_, f"{module} has another content than it had"
    return Path(said["Dir"])


def _entry(file: Path, name: str) -> str:
    text = file.read_text(encoding="utf-8").replace(_BACKTICK, _PLACEHOLDER)
    found = re.search(rf'^\t"{name}": `([^`]*)`', text, re.MULTILINE)
    assert found, f"{file} has no {name}"
    return found[1].replace(_PLACEHOLDER, "`")
