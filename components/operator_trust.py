"""`OperatorTrust`: the machine that runs pulumi trusts the registry's CA, until destroy."""

import pulumi
import pulumi_command as command

from towpath.applier.actors import TRUST_STORE, Command
from towpath.applier.bootstrap import Sudo, apply_command, delete_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import File


class OperatorTrust(pulumi.ComponentResource):
    """The CA in the OS trust store of this machine, by the same applier as on nodes.

    Does not find drift: whoever runs pulumi sees at once that the CA is gone.
    """

    def __init__(
        self,
        name: str,
        ca_pem: pulumi.Input[str],
        document_id: str,
        sudo: Sudo,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Put `ca_pem` into the trust store, as root or by `sudo`."""
        super().__init__("towpath:index:OperatorTrust", name, {}, opts)
        path = f"@trust@/{document_id}.crt"

        def standard_input(pem: str) -> str:
            entries = (File(path, pem), Command("trust", TRUST_STORE, on=(path,)))
            return stdin(Document(document_id, entries), sudo)

        command.local.Command(
            f"{name}-apply",
            create=apply_command(sudo),
            delete=delete_command(document_id, sudo),
            stdin=pulumi.Output.from_input(ca_pem).apply(standard_input),
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
