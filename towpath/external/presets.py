"""What is fixed for each kind of registry: its user name, the command that gives a token, how long a token lives.

Sources: AWS CLI `ecr get-login-password` (12 hours), Artifact Registry "Configure authentication" (access tokens live
60 minutes), Azure Container Registry "az acr login --expose-token" (a JWT), Docker's config.json for Docker Hub's key.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

PresetName = Literal["ecr", "artifact-registry", "acr", "harbor", "ghcr", "docker-hub"]
PRESETS: tuple[PresetName, ...] = get_args(PresetName)
Answer = Literal["docker-helper", "json", "pair", "password"]

DOCKER_HUB = "docker.io"
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_ECR_HOST = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_ACR_HOST = re.compile(r"([a-z0-9]+)(-[a-z0-9]+)?\.azurecr\.(io|cn|us)")


@dataclass(frozen=True)
class Preset:
    """A kind of registry. `command` gives the usual command for a host, or None where the host does not tell."""

    username: str | None = None
    command: Callable[[str], tuple[str, ...] | None] | None = None
    lifetime_minutes: int | None = None
    host: str | None = None
    """The only host that it is for."""


def _ecr(host: str) -> tuple[str, ...] | None:
    found = _ECR_HOST.fullmatch(host)
    return ("aws", "ecr", "get-login-password", "--region", found[2]) if found else None


def _artifact_registry(_host: str) -> tuple[str, ...]:
    return ("gcloud", "auth", "print-access-token")


def _acr(host: str) -> tuple[str, ...] | None:
    found = _ACR_HOST.fullmatch(host)
    expose = ("--expose-token", "--output", "tsv", "--query", "accessToken")
    return ("az", "acr", "login", "--name", found[1], *expose) if found else None


_PRESETS: dict[PresetName, Preset] = {
    "ecr": Preset("AWS", _ecr, lifetime_minutes=12 * 60),
    "artifact-registry": Preset("oauth2accesstoken", _artifact_registry, lifetime_minutes=60),
    "acr": Preset("00000000-0000-0000-0000-000000000000", _acr, lifetime_minutes=3 * 60),
    "harbor": Preset(),
    "ghcr": Preset(host="ghcr.io"),
    "docker-hub": Preset(host=DOCKER_HUB),
}


def preset_of(name: PresetName | None) -> Preset:
    """Return what is fixed for a kind; nothing is for None."""
    return _PRESETS[name] if name else Preset()


def config_key(host: str) -> str:
    """Return the key of a registry in Docker's config.json and in a dockerconfigjson Secret."""
    return _DOCKER_HUB_KEY if host == DOCKER_HUB else host
