"""The proxy that a node's runtimes use."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from towpath.nodes.no_proxy import Surroundings, complete_no_proxy
from towpath.nodes.proxy_url import proxy_password, proxy_url


@dataclass(frozen=True)
class Proxy:
    """Made by `Proxy.of`: URLs are safe in every file, `no_proxy` is complete."""

    http: str | None = field(repr=False)
    https: str | None = field(repr=False)
    no_proxy: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, http: str | None, https: str | None, no_proxy: tuple[str, ...] = (), around: Surroundings | None = None
    ) -> Proxy:
        """Check and complete what was written. Raises NodeError."""
        return cls(
            http=proxy_url(http) if http else None,
            https=proxy_url(https) if https else None,
            no_proxy=complete_no_proxy(no_proxy, around or Surroundings(cluster_domain=None)),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that Go programs read, in capitals; see `both_cases`."""
        pairs = {"HTTP_PROXY": self.http, "HTTPS_PROXY": self.https, "NO_PROXY": ",".join(self.no_proxy)}
        return {name: value for name, value in pairs.items() if value}

    @property
    def both_cases(self) -> dict[str, str]:
        """The variables in capitals and not: curl and its like read HTTP_PROXY in small letters alone."""
        return self.environment | {name.lower(): value for name, value in self.environment.items()}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords, as they are and as they stand in the URLs."""
        passwords = {proxy_password(url) for url in (self.http, self.https) if url}
        return tuple(sorted({form for each in passwords if each for form in (each, quote(each, safe=""))}))

    @property
    def mode(self) -> str:
        """Mode of files that hold the URLs: 0600 if there is a password in them."""
        return "0600" if self.secrets else "0644"
