"""Where a server that was set up may be, and requests that go to the address that was checked.

Its name is resolved once for each request, and all addresses are checked. The request goes to one
of them; the name that the certificate is for, and `Host`, stay those of the URL.
"""

import asyncio
import socket
from dataclasses import dataclass

import httpx2

from runs.engine.tools.web.addresses import address_fault, is_address, is_under, name_fault
from runs.engine.tools.web.guard import Closed

MAX_URL_CHARS = 500
# What an internal server may have besides a public address. Clouds' own services stay closed.
INTERNAL = ("", "private", "this machine", "shared address space")


@dataclass(frozen=True, slots=True)
class Place:
    """A URL. An `internal` one may have a private address, and need no encryption.

    `closed_names` are hosts of the site's own, where no other one may be.
    """

    url: str
    internal: bool = False
    closed_names: tuple[str, ...] = ()


def place_fault(place: Place) -> str:
    """Why no server may be there; empty where one may. Asks no network."""
    try:
        url = httpx2.URL(place.url)
    except httpx2.InvalidURL:
        return "This is no web address."
    if len(place.url) > MAX_URL_CHARS or url.scheme not in ("https", "http") or not url.host:
        return "This is no web address."
    if url.port is not None and not 0 < url.port < 65536:
        return "This is no web address."
    if url.scheme == "http" and not place.internal:
        return "Only an internal server may be reached without https."
    if url.userinfo or url.fragment:
        return "Leave user names, passwords and fragments out."
    name = url.raw_host.decode().lower().rstrip(".")
    if is_address(name):
        return _address_fault(name, place)
    if place.internal:
        return ""
    if is_under(name, place.closed_names):
        return "This host belongs to the site."
    fault = name_fault(name)
    return f"This host can't be reached: {fault}." if fault else ""


def origin_of(url: httpx2.URL) -> str:
    """Scheme, host and port in their plainest form; a scheme's own port is left out."""
    host = url.raw_host.decode().lower()
    named = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{named}" if url.port is None else f"{url.scheme}://{named}:{url.port}"


async def pinned(place: Place, request: httpx2.Request) -> httpx2.Request:
    """The same request to an address of its host that was checked. Raises `httpx2.ConnectError`."""
    if fault := place_fault(place):
        raise httpx2.ConnectError(fault, request=request)
    host = request.url.raw_host.decode()
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    try:
        address = await _address_of(place, host, port)
    except Closed as closed:
        raise httpx2.ConnectError(str(closed), request=request) from closed
    except OSError as error:
        raise httpx2.ConnectError("Its name isn't known.", request=request) from error
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=dict(request.extensions) | {"sni_hostname": host},
    )


async def _address_of(place: Place, host: str, port: int) -> str:
    """An address of a host, all of which may be connected to. Raises `Closed` and `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(found_at[0]) for *_, found_at in found]
    for address in addresses:
        if fault := _address_fault(address, place):
            raise Closed(fault)
    return addresses[0]


def _address_fault(address: str, place: Place) -> str:
    fault = address_fault(address)
    allowed = INTERNAL if place.internal else ("",)
    return "" if fault in allowed else f"The address {address} can't be reached: {fault}."
