"""Where a request comes from: the client's address, and the networks that it may own."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

# RFC 6052, section 2.1.
TRANSLATED = IPv6Network("64:ff9b::/96")
UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The client's address."""
    meta = request.META
    return address_behind(
        str(meta.get("REMOTE_ADDR") or ""), str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    )


def address_behind(peer: str, forwarded: str) -> str:
    """The peer's address, or of X-Forwarded-For the hop that the outermost trusted proxy saw."""
    proxies = settings.TRUSTED_PROXY_COUNT
    if not proxies:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",")]
    # Fewer hops than proxies: the request didn't come through them, so the header proves nothing.
    if len(hops) < proxies:
        return peer
    try:
        return str(ip_address(hops[-proxies]))
    except ValueError:
        return peer


def networks_of(address: str) -> tuple[str, ...]:
    """What one client surely owns around this address: of IPv6, the /64; then the /48 around that.

    Some have such a /48 to themselves.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return (UNKNOWN,)
    if isinstance(parsed, IPv4Address):
        return (str(parsed),)
    # A 6to4 address is of the /48 that comes with each IPv4 address.
    if embedded := parsed.ipv4_mapped or parsed.sixtofour:
        return (str(embedded),)
    # Translated by the provider of a client that has IPv4 only: all of them in one network.
    if parsed in TRANSLATED:
        return (str(IPv4Address(int(parsed) & 0xFFFF_FFFF)),)
    # All neighbours share the link-local network; the zone after the % is only our own interface.
    if parsed.is_link_local:
        return (str(IPv6Address(int(parsed))),)
    return parsed.exploded[:19], parsed.exploded[:14]
