"""The registry as a container: what the applier puts on the node, and how it is run."""

from dataclasses import dataclass, field

from towpath.applier.actors import Actor, Container, HttpsCheck, Port
from towpath.applier.entries import Directory, File, FileEntry
from towpath.registry.config import CONFIG_PATH, STORAGE_PATH
from towpath.settings.registry import Registry


@dataclass(frozen=True)
class RegistryFiles:
    """The text of everything that the server reads."""

    config: str = field(repr=False)
    htpasswd: str = field(repr=False)
    chain_pem: str
    private_key_pem: str = field(repr=False)
    ca_pem: str


@dataclass(frozen=True)
class Probe:
    """The login with which the new server is tried before it counts as up."""

    host: str
    """A name in its certificate."""
    user: str
    password: str = field(repr=False)


def registry_files(settings: Registry, files: RegistryFiles) -> list[FileEntry]:
    """List what stands under the config folder, and the storage folder. Only the server's user may read secrets."""
    base, user = settings.config_folder, settings.user
    return [
        Directory(base, mode="0755"),
        Directory(f"{base}/config", mode="0500", owner=user),
        Directory(f"{base}/auth", mode="0500", owner=user),
        Directory(f"{base}/certs", mode="0500", owner=user),
        Directory(settings.storage_folder, mode="0750", owner=user),
        File(f"{base}/config/config.yml", files.config, mode="0400", owner=user),
        File(htpasswd_path(settings), files.htpasswd, mode="0400", owner=user),
        File(f"{base}/certs/certificate.pem", files.chain_pem, mode="0444", owner=user),
        File(f"{base}/certs/key.pem", files.private_key_pem, mode="0400", owner=user),
        File(f"{base}/ca.pem", files.ca_pem, mode="0444"),
    ]


def htpasswd_path(settings: Registry) -> str:
    """Return where the htpasswd file stands on the node."""
    return f"{settings.config_folder}/auth/htpasswd"


def registry_container(settings: Registry, probe: Probe) -> Actor:
    """Describe the container.

    Folders are mounted rather than files, which a rename would leave behind. A new htpasswd needs no restart: the
    server reads it again when its time stamp changes. Config and certificate are read once, so those restart it.
    """
    base = settings.config_folder
    return Container(
        name=settings.container,
        image=settings.image,
        options=(*run_options(settings, base, settings.storage_folder), "--volume", f"{base}/auth:/auth:ro"),
        command=("serve", CONFIG_PATH),
        adopt=settings.adopt,
        ports=(Port(host=settings.port, container=settings.container_port),),
        restart_on=restart_paths(base),
        check=HttpsCheck(
            server=probe.host, port=settings.port, ca=f"{base}/ca.pem", user=probe.user, password=probe.password
        ),
    )


def run_options(settings: Registry, base: str, storage_folder: str) -> tuple[str, ...]:
    """List what the private registry and its caches share: no root, no way to more rights, bounded logs."""
    return (
        *("--restart", "always", "--user", settings.user, "--read-only"),
        *("--security-opt", "no-new-privileges", "--cap-drop", "ALL"),
        *("--log-driver", "json-file"),
        *("--log-opt", f"max-size={settings.log.max_size_mib}m", "--log-opt", f"max-file={settings.log.max_files}"),
        *("--volume", f"{base}/config:{CONFIG_PATH.rpartition('/')[0]}:ro"),
        *("--volume", f"{base}/certs:/certs:ro"),
        *("--volume", f"{storage_folder}:{STORAGE_PATH}"),
    )


def restart_paths(base: str) -> tuple[str, ...]:
    """List the files that a server reads only when it starts."""
    return (f"{base}/config/config.yml", f"{base}/certs/certificate.pem", f"{base}/certs/key.pem")
