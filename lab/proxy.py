"""The only way out of the closed network: squid, open on one port and with basic auth on another."""

import json
import os
import secrets

import bcrypt

from lab import state
from lab.archive import Member
from lab.container import Container
from lab.paths import Paths
from lab.service import Service
from lab.topology import (
    NODES,
    PROXY_ADDRESS,
    PROXY_AUTHENTICATED_PORT,
    PROXY_NAME,
    PROXY_OPEN_PORT,
    PROXY_UPSTREAM_ADDRESS,
    UPSTREAM,
    UPSTREAM_ADDRESS,
    UPSTREAM_HOSTS,
)

SQUID_UID = SQUID_GID = 13
ODD_CHARACTERS = " %41@:/?#$`\"'\\&+=é"
"""What a program mangles if it puts a password into a URL, a shell line or a unit file without care."""


def configuration() -> str:
    """Return squid.conf, which lets clients reach the upstream network and nothing else."""
    return f"""\
http_port {PROXY_OPEN_PORT} name=open
http_port {PROXY_AUTHENTICATED_PORT} name=authenticated
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/passwd
auth_param basic realm Towpath lab
auth_param basic utf8 on
acl on_open_port myportname open
acl on_authenticated_port myportname authenticated
acl known_user proxy_auth REQUIRED
acl registry_ports port 80 443 5000
acl connect_ports port 443 5000
acl CONNECT method CONNECT
acl upstream dst {UPSTREAM.subnet}
http_access deny !registry_ports
http_access deny CONNECT !connect_ports
http_access deny !upstream
http_access deny on_authenticated_port !known_user
http_access allow on_authenticated_port
http_access allow on_open_port
http_access deny all
hosts_file /etc/squid/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
connect_timeout 5 seconds
shutdown_lifetime 1 second
cache deny all
cache_mem 8 MB
max_filedescriptors 4096
visible_hostname proxy.towpath.test
acl asks_something has request
access_log stdio:/var/log/squid/access.log squid asks_something
cache_log /var/log/squid/cache.log
pid_filename none
"""


def credentials(paths: Paths) -> tuple[str, str]:
    """Return user name and password of the authenticated port, made on first use and kept in proxy-credentials.json."""

    def make() -> bytes:
        password = secrets.token_urlsafe(16) + ODD_CHARACTERS
        return json.dumps({"username": "towpath", "password": password}).encode()

    kept = json.loads(state.once(paths.state / "proxy-credentials.json", make))
    return kept["username"], kept["password"]


def service(paths: Paths, image: str) -> Service:
    """Describe the proxy, with a foot in either network and its logs in the checkout."""
    user, password = credentials(paths)
    hashed = state.once(paths.state / "proxy-passwd", lambda: _htpasswd(user, password))
    names = "".join(f"{UPSTREAM_ADDRESS} {host}\n" for host in UPSTREAM_HOSTS)
    container = Container(
        name=PROXY_NAME,
        image=image,
        addresses={NODES: PROXY_ADDRESS, UPSTREAM: PROXY_UPSTREAM_ADDRESS},
        options=(
            *("--volume", f"{paths.squid_log.parent}:/var/log/squid"),
            # Nodes ask this address for names: every look-up is refused at once, not just the first few a second.
            *("--sysctl", "net.ipv4.icmp_ratelimit=0"),
            *("--sysctl", "net.ipv4.ip_forward=0"),
        ),
        files=[
            Member("/etc/squid/squid.conf", configuration().encode()),
            Member("/etc/squid/hosts", names.encode()),
            Member("/etc/squid/passwd", hashed, mode=0o400, uid=SQUID_UID, gid=SQUID_GID),
        ],
    )
    return Service(container, NODES, PROXY_OPEN_PORT)


def prepare_logs(paths: Paths) -> None:
    """Make the folder that the proxy logs into; needs root, since the proxy writes as a user of its own."""
    paths.squid_log.parent.mkdir(exist_ok=True)
    os.chown(paths.squid_log.parent, SQUID_UID, SQUID_GID)


def _htpasswd(user: str, password: str) -> bytes:
    return f"{user}:".encode() + bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=5)) + b"\n"
