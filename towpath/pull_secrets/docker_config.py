"""The content of a `kubernetes.io/dockerconfigjson` Secret, always in the same bytes for the same logins.

Format: Kubernetes documentation, "Pull an Image from a Private Registry", and docker's own `config.json`.
"""

import base64
import json
from collections.abc import Mapping

_HUB = {"docker.io": "https://index.docker.io/v1/"}
"""The key by which clients look up Docker Hub."""


def docker_config_json(logins: Mapping[str, Mapping[str, str]]) -> str:
    """Render logins by host: `username`, `password`, and `email` where a tool wants one."""
    auths = {_HUB.get(host, host): _entry(login) for host, login in logins.items()}
    return json.dumps({"auths": auths}, sort_keys=True, separators=(",", ":"))


def _entry(login: Mapping[str, str]) -> dict[str, str]:
    username, password = login["username"], login["password"]
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    entry = {"auth": pair, "username": username, "password": password}
    return {**entry, "email": login["email"]} if login.get("email") else entry
