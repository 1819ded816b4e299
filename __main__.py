"""The program of a stack: read its settings, compose the components, export what others need."""

from pathlib import Path

import pulumi
import pulumi_random as random

from components.certificates import Certificates
from components.configuration import stack_configuration
from components.credentials import Credentials
from components.machine import Machine
from components.registry import RegistryContainer, RegistryContainerArgs
from towpath.errors import TowpathError
from towpath.machines.connections import connections
from towpath.machines.document_id import document_id
from towpath.machines.preflight import start_preflight
from towpath.settings import load_settings

PROJECT = Path(__file__).parent


def main() -> None:
    """Make the stack as its settings say."""
    settings = load_settings(stack_configuration())
    reachable = connections(settings.nodes, lambda path: (PROJECT / path).read_text(encoding="utf-8"))
    tried = start_preflight(reachable) if settings.nodes.preflight and pulumi.runtime.is_dry_run() else None
    machines = {name: Machine(name, connection) for name, connection in reachable.items()}
    salt = random.RandomBytes("drift-salt", length=16).hex
    certificates = Certificates("certificate", settings.registry.certificate, [settings.registry_host])
    credentials = Credentials("credentials", settings.accounts)
    registry = RegistryContainer(
        "registry",
        RegistryContainerArgs(
            settings=settings.registry,
            machine=machines[settings.registry_node],
            address=settings.registry_host,
            certificates=certificates,
            credentials=credentials,
            probe_account=settings.accounts[0].name,
            document_id=document_id("registry", pulumi.get_stack()),
            salt=salt,
        ),
    )
    pulumi.export("registry", {"url": registry.url, "host": registry.host, "ca_pem": registry.ca_pem})
    pulumi.export("credentials", credentials.logins)
    if tried:
        tried.result()


try:
    main()
except TowpathError as error:
    # RunError ends the program with its message alone: a person mends settings, and needs no traceback for that.
    raise pulumi.RunError(str(error)) from None
