"""One control plane's place: programs, folders, addresses, identities; paths are the same inside a container."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from lab import state
from lab.cluster.authority import Identity
from lab.cluster.pki import ETCD, Pair, Pki
from lab.cluster.plan import API_SERVICE_ADDRESS, CLUSTER_DOMAIN
from lab.cluster.programs import ClusterPrograms

ADMIN = Identity("kubernetes-admin", groups=("system:masters",))
CONTROLLER_MANAGER = Identity("system:kube-controller-manager")
SCHEDULER = Identity("system:kube-scheduler")
API_TO_KUBELET = Identity("kube-apiserver-kubelet-client", groups=("system:masters",))
API_TO_ETCD = Identity("kube-apiserver-etcd-client")
ETCD_SERVER = Identity("etcd", hosts=("localhost",), addresses=("127.0.0.1",))
API_HOSTS = (
    *("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"),
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
)
ALL_CONTROLLERS = ("*",)


@dataclass(frozen=True)
class Site:
    """A control plane of one of each program; etcd listens on loopback alone."""

    programs: ClusterPrograms
    folder: Path
    """Holds pki/ (keys, certificates, kubeconfigs), etcd/ (data) and, unless set otherwise, logs/."""
    address: str
    api_port: int
    etcd_port: int
    etcd_peer_port: int
    controllers: tuple[str, ...] = ALL_CONTROLLERS
    """Which controllers the controller manager runs (its option --controllers); none starts no controller manager."""
    schedules: bool = True
    log_folder: Path | None = None

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.address}:{self.api_port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.address).is_loopback

    @property
    def pki(self) -> Pki:
        """Keys and certificates."""
        return Pki(self.folder / "pki")

    @property
    def etcd_data(self) -> Path:
        """What the API server has stored."""
        return self.folder / "etcd"

    @property
    def logs(self) -> Path:
        """One file a program, by its name."""
        return self.log_folder or self.folder / "logs"

    @property
    def admin_kubeconfig(self) -> Path:
        """The kubeconfig of a user who may do everything."""
        return self.folder / "pki" / "admin.kubeconfig"

    @property
    def controller_manager_kubeconfig(self) -> Path:
        """The kubeconfig of the controller manager."""
        return self.folder / "pki" / "controller-manager.kubeconfig"

    @property
    def scheduler_kubeconfig(self) -> Path:
        """The kubeconfig of the scheduler."""
        return self.folder / "pki" / "scheduler.kubeconfig"

    def api_certificate(self) -> Pair:
        """Return the API server's own certificate."""
        addresses = tuple(dict.fromkeys((self.address, "127.0.0.1", API_SERVICE_ADDRESS)))
        return self.pki.pair("apiserver", Identity("kube-apiserver", hosts=API_HOSTS, addresses=addresses))

    def prepare(self) -> None:
        """Make every folder, key, certificate and kubeconfig that is not there."""
        for folder in (self.folder, self.etcd_data, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pki = self.pki
        self.api_certificate()
        pki.service_account_key()
        pki.pair("apiserver-kubelet-client", API_TO_KUBELET)
        pki.pair("apiserver-etcd-client", API_TO_ETCD, ETCD)
        pki.pair("etcd-server", ETCD_SERVER, ETCD)
        for path, identity in (
            (self.admin_kubeconfig, ADMIN),
            (self.controller_manager_kubeconfig, CONTROLLER_MANAGER),
            (self.scheduler_kubeconfig, SCHEDULER),
        ):
            state.write_private(path, pki.kubeconfig(path.stem, identity, self.server))
