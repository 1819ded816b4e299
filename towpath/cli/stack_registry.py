"""A stack's registry as commands reach it that need nothing else of the stack."""

from pathlib import Path

from towpath.access.deployed_registry import on_the_way_of
from towpath.access.registry_access import RegistryAccess
from towpath.cli import stack_output
from towpath.doctor import pulumi
from towpath.machines.connections import connections
from towpath.settings import load_settings
from towpath.settings.files import reader

_OURS = "towpath:"


def stack_registry(stack: str) -> RegistryAccess:
    """Return how to reach it: on the way that the stack's settings say, else straight and by its name.

    Settings are looked for where we stand only: outputs can be read from anywhere, and by programs of other projects.
    The user name is empty where the stack exports no account. Raises PulumiError, StackOutputError, SettingsError, and
    what keeps a machine from being asked.
    """
    outputs = stack_output.read(stack)
    login = outputs.account()
    access = RegistryAccess(
        registry=outputs.registry.host,
        username=login.username if login else "",
        password=login.password if login else "",
        ca_pem=outputs.registry.ca_pem,
    )
    try:
        project = pulumi.project_folder(Path.cwd())
    except pulumi.PulumiError:
        return access
    entries = pulumi.raw_configuration(project, stack)
    if not any(key.startswith(_OURS) for key in entries):
        return access
    read = reader(project)
    settings = load_settings(entries, read)
    through = connections(settings.nodes, read) if settings.registry.access == "ssh" else {}
    return on_the_way_of(settings, access, through)
