"""The rules that close the lab's networks: nothing is forwarded into or out of them, not even from one to the other.

They stand in one nftables table of the lab's own, so that one deletion takes all of them away; nobody else's rules are
touched, except that where another Docker drops by default, two rules admit the bridges' inner traffic. What wants out
is refused at once: the bridges alone forward, so that their packets get as far as this table, whatever the machine's
own setting of ip_forward is.
"""

from pathlib import Path

from lab.command import run
from lab.errors import CommandError
from lab.topology import NODES, UPSTREAM, Network

TABLE = "towpath_lab"


def ruleset() -> str:
    """Return the whole table in nft's language; loading it twice leaves the same rules."""
    bridges = ", ".join(f'"{network.bridge}"' for network in (NODES, UPSTREAM))
    inside = "\n".join(
        f'    iifname "{network.bridge}" oifname "{network.bridge}" accept' for network in (NODES, UPSTREAM)
    )
    return f"""table inet {TABLE} {{}}
delete table inet {TABLE}
table inet {TABLE} {{
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
{inside}
    iifname {{ {bridges} }} meta l4proto tcp reject with tcp reset
    iifname {{ {bridges} }} reject with icmpx type admin-prohibited
    oifname {{ {bridges} }} drop
  }}
}}
"""


def ensure() -> None:
    """Put the table in place as a whole, whatever stood there. Raises CommandError."""
    run(["nft", "--file", "-"], stdin=ruleset().encode())
    if _others_drop():
        for rule in _admissions():
            if not _works("iptables", "--wait", "--check", "FORWARD", *rule):
                run(["iptables", "--wait", "--insert", "FORWARD", *rule])


def forward(network: Network) -> None:
    """Let the network's bridge forward, into the table's refusal; the setting goes with the bridge."""
    Path(f"/proc/sys/net/ipv4/conf/{network.bridge}/forwarding").write_text("1", encoding="ascii")


def there() -> bool:
    """Whether the table is in place."""
    return _works("nft", "list", "table", "inet", TABLE)


def remove() -> None:
    """Take the table away, if it is there, and what was admitted beside it."""
    if there():
        run(["nft", "delete", "table", "inet", TABLE])
    if _others_drop():
        for rule in _admissions():
            _works("iptables", "--wait", "--delete", "FORWARD", *rule)


def _others_drop() -> bool:
    """Whether another Docker has this machine drop what it does not know, which may be a bridge's inner traffic too."""
    if not _works("nft", "list", "chain", "ip", "filter", "FORWARD"):
        return False
    return run(["iptables", "--wait", "--list-rules", "FORWARD"]).startswith(b"-P FORWARD DROP")


def _admissions() -> list[list[str]]:
    """Return the rules, in the language of iptables, that let each bridge speak within itself."""
    return [
        ["--in-interface", network.bridge, "--out-interface", network.bridge, "--jump", "ACCEPT"]
        for network in (NODES, UPSTREAM)
    ]


def _works(*argv: str) -> bool:
    try:
        run(argv)
    except CommandError:
        return False
    return True
