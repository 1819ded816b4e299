"""kubelet's image credential provider: logins for pulls in every namespace, without a secret in any of them.

Sources: Kubernetes "Configure a kubelet image credential provider" (v1 since 1.26), kubelet's reference (the two flags,
which its configuration file has not), systemd.exec(5) "EnvironmentFile=" (a later file wins), systemd.service(5)
"ExecStartPre="; k3s and RKE2 "agent" reference (`image-credential-provider-config`) and "config.yaml.d".
"""

import json
from importlib import resources

import yaml

from towpath.applier.actors import Actor, Command
from towpath.applier.entries import Directory, File, FileEntry
from towpath.nodes.errors import NodeError
from towpath.nodes.wish import NodeWish, RegistryLogin, Runtime

FOLDER = "/etc/towpath/kubelet"
CREDENTIALS = f"{FOLDER}/credentials"
CONFIG = f"{FOLDER}/credential-provider.yaml"
DROP_IN = "/etc/systemd/system/kubelet.service.d/towpath-credentials.conf"
_BIN = f"{FOLDER}/bin"
_PLUGIN = "towpath-credentials"
_ARGUMENTS = f"{FOLDER}/arguments.sh"
_FLAG = "--image-credential-provider-config"
_RANCHER: dict[str, tuple[Runtime, ...]] = {
    "/etc/rancher/k3s/config.yaml.d/50-towpath.yaml": ("k3s", "k3s-agent"),
    "/etc/rancher/rke2/config.yaml.d/50-towpath.yaml": ("rke2-server", "rke2-agent"),
}
_USERS: tuple[Runtime, ...] = ("kubelet", "k3s", "k3s-agent", "rke2-server", "rke2-agent")


def provider_files(wish: NodeWish) -> list[FileEntry]:
    """List plugin, its configuration, its logins, and what gives kubelet the two flags. Raises NodeError."""
    users = [name for name in _USERS if wish.has(name)]
    if not wish.logins or not users:
        return []
    when = ",".join(users)
    kubelet: list[FileEntry] = [
        File(_ARGUMENTS, _script("kubelet_arguments.sh"), "0755", when="kubelet+systemd"),
        File(DROP_IN, _drop_in(), when="kubelet+systemd"),
    ]
    return [
        Directory(FOLDER, when=when),
        Directory(_BIN, when=when),
        File(f"{_BIN}/{_PLUGIN}", _script("credentials.sh"), "0755", when=when),
        File(CONFIG, _config([each.host for each in wish.logins]), when=when),
        *([] if wish.logins_apart else credentials_files(wish)),
        *(kubelet if wish.has("kubelet") else []),
        *(File(path, _rancher_config(), when=",".join(names)) for path, names in rancher_configs(wish).items()),
    ]


def credentials_files(wish: NodeWish) -> list[FileEntry]:
    """List the file with the logins alone. Raises NodeError."""
    when = ",".join(name for name in _USERS if wish.has(name))
    return [File(CREDENTIALS, "".join(_line(each) for each in wish.logins), "0600", when=when)] if when else []


def provider_command(wish: NodeWish) -> list[Actor]:
    """List the look at kubelet before it restarts: one that has a provider already, or takes no arguments, is left."""
    if not provider_files(wish) or not wish.has("kubelet"):
        return []
    return [Command("kubelet-arguments", _LOOK, (DROP_IN,), undo=_FORGET)]


def restart_paths(wish: NodeWish) -> list[str]:
    """List the files of `provider_files` that kubelet reads only when it starts. Logins are read at each pull."""
    if not provider_files(wish):
        return []
    return [CONFIG, *([DROP_IN, _ARGUMENTS] if wish.has("kubelet") else [])]


def rancher_configs(wish: NodeWish) -> dict[str, tuple[Runtime, ...]]:
    """Return our file of each Rancher distribution that the wish knows, with the services that read it."""
    if not wish.logins:
        return {}
    known = {path: tuple(name for name in names if wish.has(name)) for path, names in _RANCHER.items()}
    return {path: names for path, names in known.items() if names}


_SHOWN = "tr '\\0' '\\n' </proc/$(systemctl show --property MainPID --value kubelet)/cmdline | grep -e ^" + _FLAG
CHECK = f"""[ -f {DROP_IN} ] || exit 0
[ "$({_SHOWN})" = "{_FLAG}={CONFIG}" ] || {{ echo "kubelet runs without {_FLAG}={CONFIG}"; exit 1; }}
"""
"""Succeeds if our provider is the only one that kubelet was started with, or none is wanted any more."""
_FORGET = "rm -rf /run/towpath"
_LOOK = f"""systemctl is-active --quiet kubelet || exit 0
systemctl show --property ExecStart --value kubelet | grep -q KUBELET_EXTRA_ARGS || {{
echo "kubelet's unit takes no KUBELET_EXTRA_ARGS, which a credential provider is set by; add it, or set \
credential_provider to false"
exit 1
}}
if {_SHOWN} | grep -v -q -x -e '{_FLAG}={CONFIG}'; then
echo "kubelet has a credential provider already, and takes only one; set credential_provider to false for this node"
exit 1
fi
"""


def _config(hosts: list[str]) -> str:
    provider = {
        "name": _PLUGIN,
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "matchImages": hosts,
        "defaultCacheDuration": "0s",
    }
    kind = {"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig"}
    return yaml.safe_dump({**kind, "providers": [provider]}, sort_keys=False)


def _line(login: RegistryLogin) -> str:
    auth = json.dumps({"username": login.username, "password": login.password})
    if any(character.isspace() for character in login.host):
        raise NodeError(f"{login.host!r} is no registry's host; write it as in image references")
    return f"{login.host} {auth}\n"


def _drop_in() -> str:
    return (
        "[Service]\n"
        f"ExecStartPre={_ARGUMENTS} forget\n"
        f"ExecStartPre={_ARGUMENTS}\n"
        "EnvironmentFile=-/run/towpath/kubelet.env\n"
    )


def _rancher_config() -> str:
    return yaml.safe_dump({"image-credential-provider-bin-dir": _BIN, "image-credential-provider-config": CONFIG})


def _script(name: str) -> str:
    return resources.files("towpath.nodes").joinpath("script", name).read_text(encoding="utf-8")
