"""The OCI distribution conformance suite: built once from its Go module, run against one registry, read case by case.

The suite (github.com/opencontainers/distribution-spec/conformance, pinned in conformance/go.mod) is one program that is
configured by environment variables and writes `junit.xml`: a `testcase` with `name`, `status` (passed, skipped, failure
or error) and, in `system-out`, why.
"""

import os
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from lab.cache import key, made_whole
from lab.go_build import build
from lab.paths import Paths

MODULE = Path(__file__).parent / "conformance"
PACKAGE = "github.com/opencontainers/distribution-spec/conformance"
SPECIFICATION = "1.1"
RUN_SECONDS = 600
_WHOLE = "OCI Conformance Test/"


@dataclass(frozen=True)
class Target:
    """The registry to ask, and as whom."""

    host: str
    ca_pem: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of every case; of cases that share a name, all have to pass."""

    failed: dict[str, str]
    """Why, by name."""
    passed: frozenset[str]


def program() -> Path:
    """Return the suite's program, built first where it is missing (15 s)."""
    folder = Paths().cache / "conformance" / key(MODULE)
    if not folder.is_dir():
        with made_whole(folder) as fresh:
            build(MODULE, PACKAGE, fresh / "conformance", fresh / "build.log")
    return folder / "conformance"


def run(target: Target, folder: Path) -> Outcome:
    """Ask the registry everything the suite knows: pull, push, content discovery, content management."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.pem").write_text(target.ca_pem)
    environment = {
        "PATH": os.environ["PATH"],
        "SSL_CERT_FILE": str(folder / "ca.pem"),
        "OCI_REGISTRY": target.host,
        "OCI_TLS": "enabled",
        "OCI_USERNAME": target.username,
        "OCI_PASSWORD": target.password,
        "OCI_REPO1": "conformance/first",
        "OCI_REPO2": "conformance/second",
        "OCI_VERSION": SPECIFICATION,
        "OCI_LOG": "error",
        "OCI_RESULTS_DIR": str(folder),
    }
    done = subprocess.run(
        [program()], env=environment, cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
    )
    report = folder / "junit.xml"
    assert report.exists(), f"the suite wrote no report:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return read(report.read_text())


def read(report: str) -> Outcome:
    """Read a `junit.xml`; names are without the suite's own in front."""
    failed: dict[str, str] = {}
    passed: set[str] = set()
    for case in ET.fromstring(report).iter("testcase"):
        name, status = case.get("name", "").removeprefix(_WHOLE), case.get("status", "")
        if status == "passed":
            passed.add(name)
        elif status != "skipped":
            failed[name] = " ".join((case.findtext("system-out") or "it says nothing").split())
    return Outcome(failed, frozenset(passed - failed.keys()))
