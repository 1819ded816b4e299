"""The program of a stack: read its settings, compose the components, export what others need."""

from pathlib import Path

import pulumi

from components.configuration import stack_configuration
from components.kubernetes_provider import kubernetes_cluster
from components.stack import Stack
from towpath.access.namespaces import ask_for_namespaces
from towpath.access.registry_in_cluster import put_back_interrupted
from towpath.errors import TowpathError
from towpath.machines.connections import connections
from towpath.machines.preflight import Preflight
from towpath.machines.rehearsal import rehearse
from towpath.settings import load_settings
from towpath.settings.files import reader

READ = reader(Path(__file__).parent)


def main() -> None:
    """Make the stack as its settings say."""
    settings = load_settings(stack_configuration(), READ)
    reachable = connections(settings.nodes, READ)
    rehearse(settings)
    preflight = Preflight(settings, reachable, dry_run=pulumi.runtime.is_dry_run())
    if not pulumi.runtime.is_dry_run():
        put_back_interrupted(settings, reachable, READ, pulumi.log.warn)
    asked = ask_for_namespaces(settings, reachable, READ, pulumi.get_stack())
    stack = Stack(settings, reachable, preflight.unreachable, kubernetes_cluster(settings, reachable, READ), asked)
    if registry := stack.registry:
        kept = {"kept_claims": stack.kept_claims} if stack.kept_claims else {}
        pulumi.export("registry", {"url": registry.url, "host": registry.host, "ca_pem": registry.ca_pem, **kept})
    if stack.credentials:
        pulumi.export("credentials", stack.credentials.logins)
        if stack.credentials.next_rotations:
            pulumi.export("next_rotations", stack.credentials.next_rotations)
    pulumi.export("nodes", {name: {"address": settings.nodes.members[name].address} for name in stack.nodes})
    if stack.external:
        ends = stack.external.expiries.items()
        pulumi.export("external_registries", {host: {"expires": expires} for host, expires in ends})
    if stack.pull_secrets and settings.namespaces:
        served = {"secret": settings.namespaces.secret, "namespaces": stack.pull_secrets.namespaces}
        pulumi.export("pull_secrets", served)
    if images := stack.images.outputs:
        pulumi.export("images", images)
    preflight.check()
    stack.check()


try:
    main()
except TowpathError as error:
    # RunError ends the program with its message alone: a person mends settings, and needs no traceback for that.
    raise pulumi.RunError(str(error)) from None
