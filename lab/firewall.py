"""The rules that close the lab's networks: nothing is forwarded into or out of them, not even from one to the other.

They stand in one nftables table of the lab's own, so that no rule of anyone else is touched and one deletion takes all
of them away. A bridge's inner traffic is let through. What wants out is refused at once: the bridges alone forward, so
that their packets get as far as this table, whatever the machine's own setting of ip_forward is.
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
    """Put the table in place as a whole. Raises CommandError."""
    run(["nft", "--file", "-"], stdin=ruleset().encode())


def forward(network: Network) -> None:
    """Let the network's bridge forward, into the table's refusal; the setting goes with the bridge."""
    Path(f"/proc/sys/net/ipv4/conf/{network.bridge}/forwarding").write_text("1", encoding="ascii")


def there() -> bool:
    """Whether the table is in place."""
    try:
        run(["nft", "list", "table", "inet", TABLE])
    except CommandError:
        return False
    return True


def remove() -> None:
    """Take the table away, if it is there."""
    if there():
        run(["nft", "delete", "table", "inet", TABLE])
