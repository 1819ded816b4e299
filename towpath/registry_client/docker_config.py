"""Credentials that `docker login` kept: the `auths`, `credHelpers` and `credsStore` of Docker's config.json.

Formats: docker(1) "config.json"; the docker-credential-helpers project's protocol.
"""

import base64
import binascii
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from towpath.errors import TowpathError
from towpath.oci.reference import DOCKER_HUB
from towpath.registry_client.credentials import Credentials

_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105  # the protocol's word for "the secret is an identity token"
_HELPER_SECONDS = 30

RunHelper = Callable[[str, str], str | None]
"""Asks the helper of this name about this server; returns what it prints, None if it knows nothing."""


class DockerConfigError(TowpathError):
    """Docker's config.json cannot be read, or its credential helper does not work."""


def folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of config.json: DOCKER_CONFIG, else ~/.docker."""
    named = environment.get("DOCKER_CONFIG")
    return Path(named) if named else Path(environment.get("HOME", "~")).expanduser() / ".docker"


def credentials_for(registry: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return what Docker would log in to `registry` with; None if it was never logged in. Raises DockerConfigError."""
    path = folder(environment) / "config.json"
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DockerConfigError(f"{path}: cannot be read ({error.strerror}); check DOCKER_CONFIG") from error
    return select(registry, parse(text, path), run_helper)


def parse(text: str, path: Path) -> dict[str, Any]:
    """Read config.json. Raises DockerConfigError, which never shows its content."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise DockerConfigError(f"{path}: is no JSON object; mend it, or run `docker login` anew")
    return document


def select(registry: str, config: Mapping[str, Any], ask: RunHelper) -> Credentials | None:
    """Choose as Docker does: a helper for this registry, else the store for all, else what is in the file."""
    keys = _keys(registry)
    helpers = _section(config, "credHelpers")
    helper = next((helpers[key] for key in keys if isinstance(helpers.get(key), str)), config.get("credsStore"))
    if isinstance(helper, str) and helper:
        for key in keys:
            if (answer := ask(helper, key)) is not None:
                return _from_helper(answer, helper)
        return None
    auths = _section(config, "auths")
    entry = next((auths[key] for key in keys if isinstance(auths.get(key), dict)), None)
    return _from_entry(entry, registry) if entry else None


def run_helper(name: str, server: str) -> str | None:
    """Run `docker-credential-<name> get`. Raises DockerConfigError, without what the helper printed."""
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, "get"], input=server, capture_output=True, text=True, timeout=_HELPER_SECONDS, check=False
        )
    except FileNotFoundError:
        raise DockerConfigError(f"{program} is named in Docker's config.json but is not on PATH; install it") from None
    except subprocess.TimeoutExpired:
        raise DockerConfigError(
            f"{program} did not answer within {_HELPER_SECONDS} s; is its store unlocked?"
        ) from None
    return done.stdout if done.returncode == 0 else None


def _keys(registry: str) -> list[str]:
    if registry == DOCKER_HUB:
        return [_DOCKER_HUB_KEY, DOCKER_HUB]
    return [
        registry,
        f"https://{registry}",
        f"https://{registry}/",
        f"https://{registry}/v1/",
        f"https://{registry}/v2/",
    ]


def _section(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = config.get(key)
    return section if isinstance(section, dict) else {}


def _from_helper(answer: str, helper: str) -> Credentials:
    try:
        document = json.loads(answer)
        username, secret = document["Username"], document["Secret"]
    except (ValueError, KeyError, TypeError):
        raise DockerConfigError(f"docker-credential-{helper} answered something else than credentials") from None
    if username == _TOKEN_USER:
        return Credentials(_TOKEN_USER, identity_token=str(secret))
    return Credentials(str(username), str(secret))


def _from_entry(entry: Mapping[str, Any], registry: str) -> Credentials | None:
    if token := entry.get("identitytoken"):
        return Credentials(_TOKEN_USER, identity_token=str(token))
    if not entry.get("auth"):
        return None
    try:
        username, colon, password = base64.b64decode(str(entry["auth"])).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise DockerConfigError(
            f"Docker's config.json: the entry of {registry} cannot be read; run `docker login` anew"
        )
    return Credentials(username, password.rstrip("\0"))
