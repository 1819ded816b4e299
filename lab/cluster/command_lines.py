"""How each program of a control plane is started: pure functions of its site (options of etcd 3.4, Kubernetes 1.36)."""

from lab.cluster.pki import ETCD, Pair
from lab.cluster.plan import POD_CIDR, SERVICE_CIDR
from lab.cluster.site import Site

CONTROLLER_QPS = 200
"""Hundreds of namespaces get their ServiceAccounts within seconds; the default of 20 a second takes half a minute."""


def parts(site: Site) -> dict[str, list[str]]:
    """List the program name and arguments of each part, in the order of their need for each other."""
    wanted = {"etcd": _etcd(site), "kube-apiserver": _api_server(site)}
    if site.controllers:
        wanted["kube-controller-manager"] = _controller_manager(site)
    if site.schedules:
        wanted["kube-scheduler"] = _scheduler(site)
    return wanted


def _etcd(site: Site) -> list[str]:
    certificate, authority = _pair(site, "etcd-server"), _pair(site, ETCD)
    client, peer = f"https://127.0.0.1:{site.etcd_port}", f"https://127.0.0.1:{site.etcd_peer_port}"
    return [
        str(site.programs.etcd),
        f"--data-dir={site.etcd_data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        f"--cert-file={certificate.certificate}",
        f"--key-file={certificate.key}",
        f"--trusted-ca-file={authority.certificate}",
        "--client-cert-auth",
        f"--peer-cert-file={certificate.certificate}",
        f"--peer-key-file={certificate.key}",
        f"--peer-trusted-ca-file={authority.certificate}",
        "--peer-client-cert-auth",
        "--logger=zap",
        "--log-level=warn",
    ]


def _api_server(site: Site) -> list[str]:
    own, kubelet = _pair(site, "apiserver"), _pair(site, "apiserver-kubelet-client")
    etcd, tokens = _pair(site, "apiserver-etcd-client"), _pair(site, "service-account")
    return [
        str(site.programs.kubernetes_program("kube-apiserver")),
        f"--bind-address={site.address}",
        f"--secure-port={site.api_port}",
        f"--advertise-address={site.address}",
        # A loopback address is no endpoint of the Service `kubernetes`: nothing is published then.
        *(["--endpoint-reconciler-type=none"] if site.is_loopback else []),
        f"--etcd-servers=https://127.0.0.1:{site.etcd_port}",
        f"--etcd-cafile={_pair(site, ETCD).certificate}",
        f"--etcd-certfile={etcd.certificate}",
        f"--etcd-keyfile={etcd.key}",
        f"--tls-cert-file={own.certificate}",
        f"--tls-private-key-file={own.key}",
        f"--client-ca-file={_pair(site).certificate}",
        f"--kubelet-client-certificate={kubelet.certificate}",
        f"--kubelet-client-key={kubelet.key}",
        f"--kubelet-certificate-authority={_pair(site).certificate}",
        "--kubelet-preferred-address-types=InternalIP",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
    ]


def _controller_manager(site: Site) -> list[str]:
    return [
        str(site.programs.kubernetes_program("kube-controller-manager")),
        *_client(site.controller_manager_kubeconfig),
        f"--controllers={','.join(site.controllers)}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={_pair(site, 'service-account').key}",
        f"--root-ca-file={_pair(site).certificate}",
        f"--cluster-cidr={POD_CIDR}",
        "--allocate-node-cidrs=false",
        f"--kube-api-qps={CONTROLLER_QPS}",
        f"--kube-api-burst={2 * CONTROLLER_QPS}",
    ]


def _scheduler(site: Site) -> list[str]:
    return [str(site.programs.kubernetes_program("kube-scheduler")), *_client(site.scheduler_kubeconfig)]


def _client(kubeconfig: object) -> list[str]:
    """List what both clients of the API server share: alone, so no election; reached by nobody, so no port."""
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def _pair(site: Site, name: str = "ca") -> Pair:
    return Pair(site.folder / "pki" / f"{name}.pem", site.folder / "pki" / f"{name}-key.pem")
