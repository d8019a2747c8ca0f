"""Which addresses and names no tool may reach, each with the reason. Nothing here asks a network.

No single property of `ipaddress` is enough: Python 3.11 calls NAT64, 6to4, site-local and multicast
addresses global.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

CLOSED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared address space"),
    ("127.0.0.0/8", "this machine"),
    ("168.63.129.16/32", "a cloud's own service"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarks"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "this machine"),
    ("::/96", "unspecified or IPv4-compatible"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discarded"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
NETWORKS = tuple((ip_network(network), reason) for network, reason in CLOSED)
GLOBAL_UNICAST = IPv6Network("2000::/3")

# Beside all names without a dot, which are services of the network that the site runs in.
CLOSED_NAMES = (
    "localhost",
    "metadata.goog",
    "internal",
    "local",
    "localdomain",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
)
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


def address_fault(text: str) -> str:
    """Why no tool may connect to this address; empty where it may."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "no address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return _fault(address)


def is_loopback(text: str) -> bool:
    """True for an address of this machine."""
    address = ip_address(text.partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_address(host: str) -> bool:
    """True for an address as it is usually written."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def name_fault(name: str) -> str:
    """Why no tool may ask for this host name; empty where it may. It is in ASCII and lower case.

    Other ways to write an IPv4 address than four decimal numbers are refused: 2130706433, 0x7f.1.
    """
    labels = name.split(".")
    if NUMERIC.fullmatch(labels[-1]):
        return "an unusual way to write an address"
    if len(labels) == 1 or is_under(name, CLOSED_NAMES):
        return "a name of this network"
    return ""


def is_under(name: str, parents: tuple[str, ...]) -> bool:
    """True when a name is one of these, or a part of one."""
    return any(name == parent or name.endswith(f".{parent}") for parent in parents)


def _fault(address: IPv4Address | IPv6Address) -> str:
    for network, reason in NETWORKS:
        if _is_in(address, network):
            return reason
    if not address.is_global:
        return "not public"
    outside = isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST
    return "not allocated" if outside else ""


def _is_in(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network
