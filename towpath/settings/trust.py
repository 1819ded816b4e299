"""Who trusts the registry's CA."""

from pydantic import Field

from towpath.settings.types import Section


class Trust(Section):
    """Where the registry's CA is put."""

    os: bool = Field(True, description="every node's OS trust store")
    docker: bool = Field(True, description="Docker's certs.d on every node that has Docker")
    containerd: bool = Field(True, description="containerd's certs.d on every node that has containerd")
    operator: bool = Field(False, description="the OS trust store of the machine that runs pulumi, undone at destroy")
    operator_sudo: bool = Field(False, description="use `sudo -n` for it")
