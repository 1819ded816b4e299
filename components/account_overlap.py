"""`AccountOverlap`: what consumers are about to log in with is valid before they do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_command as command

from components.credentials import Credentials
from components.machine import Machine
from components.surroundings import OWN_PROGRAM, Surroundings
from towpath.applier.bootstrap import unite_command, unite_stdin
from towpath.registry.container import htpasswd_path
from towpath.settings.settings import Settings


@dataclass(frozen=True)
class AccountOverlapArgs:
    """Which file gets which lines."""

    machine: Machine
    """The registry's node."""
    htpasswd: str
    """Path of the file there. Where there is none yet, nothing is done."""
    credentials: Credentials


class AccountOverlap(pulumi.ComponentResource):
    """The active logins, added to the htpasswd file of a registry that runs; the server reads it again by itself.

    Whatever else is valid stays so. It is withdrawn by the registry's own document, which waits for the consumers and
    says what the file holds; this component has nothing to take back.
    """

    def __init__(self, name: str, args: AccountOverlapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Add them."""
        super().__init__("towpath:index:AccountOverlap", name, {}, opts)
        sudo = args.machine.sudo
        # Secret, as the lines are.
        lines: pulumi.Output[str] = args.credentials.active_htpasswd.apply(lambda text: unite_stdin(text, sudo))
        command.remote.Command(
            f"{name}-add",
            connection=args.machine.connection_args(),
            create=unite_command(args.htpasswd, sudo),
            stdin=lines,
            triggers=[args.machine.name],
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def account_overlap(
    settings: Settings,
    machines: Mapping[str, Machine],
    credentials: Credentials | None,
    silent: Collection[str],
    surroundings: Surroundings = OWN_PROGRAM,
) -> list[pulumi.Resource]:
    """Let a stack's registry take new logins, where it is a container on a machine that is there and answers."""
    if credentials is None or settings.registry.kind != "container":
        return []
    node = settings.registry_node
    if node in silent or settings.nodes.members[node].gone:
        return []
    args = AccountOverlapArgs(machines[node], htpasswd_path(settings.registry), credentials)
    return [AccountOverlap(surroundings.named("overlap"), args, surroundings.options())]
