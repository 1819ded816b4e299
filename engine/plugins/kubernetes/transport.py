"""HTTP to an API server: TLS and credentials of a kubeconfig, on connections that are kept open."""

import ipaddress
import os
import ssl
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from engine.plugins.kubernetes.errors import KubeconfigError
from engine.plugins.kubernetes.exec_credential import ExecCredential, run_credential_plugin
from engine.plugins.kubernetes.kubeconfig import Access

CONNECTIONS = 24
"""Requests at the same time: the API server's fair queues give one user about this many seats."""

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0
_UNAUTHORIZED = 401


def open_client(access: Access, environment: Mapping[str, str], timeout_seconds: float = 0.0) -> httpx.Client:
    """Return a client for the cluster; nothing is sent yet.

    Raises:
        KubeconfigError, CredentialPluginError: the kubeconfig cannot be used.

    """
    credential = run_credential_plugin(access, environment) if access.user.get("exec") else None
    try:
        return _client(access, environment, credential, timeout_seconds)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
        message = f"kubeconfig: the address {access.server} or its proxy-url cannot be used: {error}"
        raise KubeconfigError(message) from None


def _client(
    access: Access, environment: Mapping[str, str], credential: ExecCredential | None, timeout_seconds: float
) -> httpx.Client:
    return httpx.Client(
        base_url=access.server,
        verify=_tls(access, credential),
        auth=_Credentials(access, environment, credential),
        proxy=access.cluster.get("proxy-url") or None,
        # A cluster on this machine or in a private network is not behind the environment's proxy.
        trust_env=not _is_private(access.server),
        timeout=httpx.Timeout(timeout_seconds or _ANSWER_SECONDS, connect=_CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        headers={"Accept": "application/json", "User-Agent": "towpath-pulumi-kubernetes"},
    )


class _Credentials(httpx.Auth):
    """Puts the credentials of a kubeconfig's user on requests; gets new ones once where the server refuses them."""

    def __init__(self, access: Access, environment: Mapping[str, str], credential: ExecCredential | None) -> None:
        self._access = access
        self._environment = environment
        self._lock = threading.Lock()
        self._token = credential.token if credential else self._stored_token()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the credentials; on 401 once more with fresh ones, if they can be had."""
        user = self._access.user
        if user.get("username") and not self._token:
            yield from httpx.BasicAuth(user["username"], user.get("password", "")).sync_auth_flow(request)
            return
        used = self._token
        _authorize(request, used)
        response = yield request
        if response.status_code == _UNAUTHORIZED and (fresh := self._renewed(used)):
            _authorize(request, fresh)
            yield request

    def _renewed(self, used: str) -> str:
        """Return a token that is not the one just refused, empty if there is none."""
        with self._lock:
            if self._token == used and self._access.user.get("exec"):
                self._token = run_credential_plugin(self._access, self._environment).token
            elif self._token == used:
                self._token = self._stored_token()
            return self._token if self._token != used else ""

    def _stored_token(self) -> str:
        file = self._access.user.get("tokenFile")
        if not file:
            return str(self._access.user.get("token") or "")
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            message = f"kubeconfig: tokenFile: cannot read {file}: {error.strerror}"
            raise KubeconfigError(message) from error


def _authorize(request: httpx.Request, token: str) -> None:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"


def _tls(access: Access, credential: ExecCredential | None) -> ssl.SSLContext:
    try:
        return _context(access, credential)
    except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
        message = f"kubeconfig: the certificates of {access.server} cannot be used: {type(error).__name__}"
        raise KubeconfigError(message) from None


def _context(access: Access, credential: ExecCredential | None) -> ssl.SSLContext:
    authority = access.data(access.cluster, "certificate-authority")
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if access.cluster.get("insecure-skip-tls-verify") is True:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate = access.data(access.user, "client-certificate")
    key = access.data(access.user, "client-key")
    if credential and credential.certificate:
        certificate, key = credential.certificate, credential.key
    if certificate and key:
        _load_pair(context, certificate + b"\n" + key)
    return context


def _load_pair(context: ssl.SSLContext, pem: bytes) -> None:
    """Load certificate and key, which the library takes from files only: one in memory, that nobody else can open."""
    descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _is_private(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_private or address.is_loopback
