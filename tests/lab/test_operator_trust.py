"""The machine that runs pulumi trusts the CA until destroy; in the test, copies of its trust store stand in for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.stack_workspace import StackWorkspace

STORES = ("/usr/local/share/ca-certificates", "/etc/ssl/certs", "/var/lib/towpath")
_ENTER = """
root=$1; shift
for each in usr/local/share/ca-certificates etc/ssl/certs var/lib/towpath; do mount --bind "$root/$each" "/$each"; done
exec "$@"
"""


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A folder with copies of the stores, and an empty one for the applier's records."""
    root = tmp_path / "root"
    for store in STORES:
        Path(store).mkdir(parents=True, exist_ok=True)
        if store == "/var/lib/towpath":
            (root / store[1:]).mkdir(parents=True)
        else:
            shutil.copytree(store, root / store[1:], symlinks=True)
    return root


def tree(root: Path) -> dict[str, str]:
    """What each file below a folder holds, or where a link leads; a JDK's own copy of the store has dates in it."""
    return {
        str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_bytes().hex()
        for path in sorted(root.rglob("*"))
        if (path.is_symlink() or path.is_file()) and "java" not in path.parts
    }


def test_the_operators_machine_trusts_the_ca_until_destroy(new_workspace: StackWorkspace, copies: Path) -> None:
    new_workspace.wrapper = ("unshare", "--mount", "sh", "-ec", _ENTER, "enter", str(copies))
    # As the machine's own tool leaves it, whoever wrote to the store before.
    subprocess.run([*new_workspace.wrapper, "update-ca-certificates"], capture_output=True, check=True)
    before = tree(copies)
    new_workspace.configure(trust={"operator": True})
    new_workspace.up().ok()
    pem = new_workspace.outputs()["registry"]["ca_pem"].strip()
    (added,) = (copies / "usr/local/share/ca-certificates").glob("operator-*.crt")
    assert added.read_text().strip() == pem
    assert pem in (copies / "etc/ssl/certs/ca-certificates.crt").read_text()
    new_workspace.preview("--expect-no-changes").ok()
    new_workspace.destroy().ok()
    assert tree(copies) == before
