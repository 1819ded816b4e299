"""The cluster's keys and certificates on disk: each made on first use and kept (folder 0700, files 0600).

Two authorities: one for the API and all that speak to it, one for etcd, which a node's certificate must not open.
"""

from dataclasses import dataclass
from pathlib import Path

from lab import state
from lab.cluster import authority, kubeconfig
from lab.cluster.authority import Identity

API, ETCD = "ca", "etcd-ca"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Pki:
    """All of them, in one folder."""

    folder: Path

    def certificate_authority(self, name: str = API) -> Pair:
        """Return one of the two authorities."""
        pair = self._pair(name)
        key = state.once(pair.key, authority.new_key)
        state.once(pair.certificate, lambda: authority.self_signed(f"towpath-lab-{name}", key))
        return pair

    def pair(self, name: str, identity: Identity, ca: str = API) -> Pair:
        """Return the certificate of an identity, kept under a name."""
        pair, signer = self._pair(name), self.certificate_authority(ca)
        key = state.once(pair.key, authority.new_key)
        signing = signer.certificate.read_bytes(), signer.key.read_bytes()
        state.once(pair.certificate, lambda: authority.issue(*signing, identity, key))
        return pair

    def service_account_key(self) -> Pair:
        """Return the key that signs ServiceAccount tokens, and its public half in the place of a certificate."""
        pair = self._pair("service-account")
        key = state.once(pair.key, authority.new_key)
        state.once(pair.certificate, lambda: authority.public_key(key))
        return pair

    def kubeconfig(self, name: str, identity: Identity, server: str) -> bytes:
        """Make a kubeconfig that holds the identity's certificate and key."""
        pair, ca = self.pair(name, identity), self.certificate_authority()
        contents = (pair.certificate.read_bytes(), pair.key.read_bytes())
        return kubeconfig.render(server, ca.certificate.read_bytes(), identity.user, *contents)

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.pem", self.folder / f"{name}-key.pem")
