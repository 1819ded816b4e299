"""The settings of a new stack from a few answers, as a commented file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = """\
# yaml-language-server: $schema=schema.json
# Stack {stack}. Every setting: docs/settings.md. Once: pulumi stack init {stack}; the encryption salt (or key) that it
# adds below is committed with this file. Secrets: pulumi config set --secret --path 'towpath:<key>' …
config:
"""


@dataclass(frozen=True)
class Answers:
    """What is asked of somebody who starts a stack; '' where there is none. `nodes` maps names to addresses."""

    stack: str
    nodes: Mapping[str, str]
    ssh_user: str = "root"
    ssh_key_file: str = ""
    known_hosts_file: str = ""
    proxy: str = ""
    node_cidr: str = ""
    registry_host: str = ""
    kubeconfig_file: str = ""
    protected: bool = False


def groups(answers: Answers) -> dict[str, object]:
    """Return the settings by group, e.g. `{"nodes": {…}, "accounts": […]}`."""
    ssh = {
        "user": answers.ssh_user,
        "private_key_file": answers.ssh_key_file,
        "agent": not answers.ssh_key_file,
        "known_hosts_file": answers.known_hosts_file,
        "sudo": "none" if answers.ssh_user == "root" else "passwordless",
    }
    registry = {"node": next(iter(answers.nodes), ""), "host": answers.registry_host, "access": "ssh"}
    members = {name: {"address": address} for name, address in answers.nodes.items()}
    proxy = {"http": answers.proxy, "node_cidrs": [answers.node_cidr] if answers.node_cidr else []}
    found: dict[str, object] = {
        "protected": answers.protected,
        "proxy": _given(proxy) if answers.proxy else {},
        "nodes": {"ssh": _given(ssh), "members": members},
        "registry": _given(registry),
        "accounts": [{"name": "ci", "role": "push"}, {"name": "pods", "role": "pull"}],
        "cluster": {"kubeconfig_file": answers.kubeconfig_file} if answers.kubeconfig_file else {},
    }
    return {name: group for name, group in found.items() if group}


def raw(answers: Answers) -> dict[str, str]:
    """Return the settings as the engine would hand them over, for `load_settings`."""
    return {f"towpath:{name}": json.dumps(group) for name, group in groups(answers).items()}


def file_text(answers: Answers) -> str:
    """Return the stack's file."""
    import yaml  # noqa: PLC0415 only `init` writes YAML

    config = {f"towpath:{name}": group for name, group in groups(answers).items()}
    body = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=118)
    return _HEAD.format(stack=answers.stack) + "".join(f"  {line}\n" for line in body.splitlines())


def _given(group: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in group.items() if value}
