"""The proxy that nodes reach the outside through, and what must not go through it."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from towpath.nodes.no_proxy import Surroundings, complete_no_proxy
from towpath.nodes.proxy_url import proxy_url
from towpath.settings.types import Line, Section


class Proxy(Section):
    """HTTP_PROXY, HTTPS_PROXY and NO_PROXY of every runtime. URLs with a password are secrets."""

    http: SecretStr | None = Field(None, description="http://[user:password@]host:port")
    https: SecretStr | None = Field(None, description="for TLS; default: the same as http")
    no_proxy: tuple[Line, ...] = Field(
        (), description="further names, addresses and CIDRs that are reached without the proxy"
    )
    node_cidrs: tuple[Line, ...] = Field(
        (), description="the nodes' networks: a CIDR, not single nodes, so that a new node restarts nothing elsewhere"
    )
    service_cidrs: tuple[Line, ...] = Field((), description="the cluster's Service networks")
    pod_cidrs: tuple[Line, ...] = Field((), description="the cluster's pod networks")
    cluster_domain: Line | None = Field("cluster.local", description="of the cluster; null where there is none")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Try the values as the renderers will: what cannot be rendered is said here, with the rest."""
        for url in (self.http, self.https):
            if url is not None:
                proxy_url(url.get_secret_value())
        if self.http is None and self.https is None:
            raise ValueError("has neither http nor https; set one, or leave the whole group out")
        complete_no_proxy(self.no_proxy, self.surroundings(()))
        return self

    def surroundings(self, hosts: tuple[str, ...]) -> Surroundings:
        """Everything on this side of the proxy, with the registries' `hosts`."""
        return Surroundings(self.node_cidrs, self.service_cidrs, self.pod_cidrs, self.cluster_domain, hosts)
