"""`regctl` and `regsync` of regclient, built once from the Go module that bench/go pins, kept in the user's cache."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.cache import key, made_whole
from lab.go_build import build
from lab.paths import Paths

_MODULE = Path(__file__).parent / "go"
_PROGRAMS = ("regctl", "regsync")


def regclient(name: str) -> str:
    """Return the path of `regctl` or `regsync`. Raises CommandError naming the log if it cannot be built."""
    cache = Path.home() / ".cache" / "towpath"
    folder = cache / f"regclient-{key(_MODULE)}"
    if not folder.is_dir():
        sys.stderr.write("building regctl and regsync\n")
        with made_whole(folder) as fresh:
            for program in _PROGRAMS:
                package = f"github.com/regclient/regclient/cmd/{program}"
                build(_MODULE, package, fresh / program, Paths().logs / "go-build-regclient.log")
    return str(folder / name)


def configuration(hosts: Mapping[str, tuple[str, str, str]]) -> str:
    """Return regctl's configuration file: host → CA (PEM), user, password; as fast as it goes."""
    return json.dumps(
        {
            "hosts": {
                host: {"tls": "enabled", "regcert": ca_pem, "user": user, "pass": password, "reqConcurrent": 8}
                for host, (ca_pem, user, password) in hosts.items()
            }
        }
    )
