"""Connections to public addresses only: what is checked is what is connected to.

A name is resolved once for each connection. All its addresses have to be public, the connection
goes to one of them, and its socket checks that address once more. `Host` and the name of the TLS
certificate stay those of the URL.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from runs.engine.tools.web.addresses import (
    address_fault,
    is_address,
    is_loopback,
    is_under,
    name_fault,
)

SCHEMES = ("http", "https")
PORTS = (80, 443)
HEADERS = {
    "User-Agent": "agentsite",
    "Accept": "text/html, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8",
    "Accept-Encoding": "gzip",
}


class Closed(OSError):
    """A place where no tool may go; the message is for the model."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Where tools may go. `closed_names` are hosts of the site's own.

    `loopback` opens this machine, at any port: for servers of tests.
    """

    closed_names: tuple[str, ...] = ()
    resolver: Callable[[], AbstractResolver] = ThreadedResolver
    loopback: bool = False

    def checked(self, address: str) -> URL:
        """The URL, without its fragment, if a tool may read it. Raises `Closed`."""
        try:
            url = URL(address.strip()).with_fragment(None)
            host, port = url.raw_host, url.port
        except ValueError as error:
            raise Closed("This is not a web address.") from error
        if url.scheme not in SCHEMES or not host:
            raise Closed("Only addresses with http:// or https:// can be read.")
        if url.raw_user is not None or url.raw_password is not None:
            raise Closed("Addresses with a user name or password are not read.")
        if port not in PORTS and not self.loopback:
            raise Closed("Only the ports 80 and 443 are read.")
        self._check_host(host)
        return url

    def session(self) -> ClientSession:
        """A session that can't connect elsewhere and keeps nothing: no cookies, no proxy."""
        connector = TCPConnector(
            resolver=_CheckedResolver(self),
            socket_factory=self._socket,
            use_dns_cache=False,
            force_close=True,
        )
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            headers=HEADERS,
            timeout=ClientTimeout(total=None, sock_connect=10),
            trust_env=False,
            auto_decompress=False,
        )

    def check_address(self, address: str) -> None:
        """Raise `Closed` where no tool may connect to this address."""
        fault = address_fault(address)
        if fault and not (self.loopback and is_loopback(address)):
            raise Closed(f"The address {address} can't be read: {fault}.")

    def _check_host(self, host: str) -> None:
        name = host.lower().rstrip(".")
        if is_under(name, self.closed_names):
            raise Closed(f"{host} can't be read: it belongs to this site.")
        if is_address(name):
            self.check_address(name)
        elif fault := name_fault(name):
            raise Closed(f"{host} can't be read: {fault}.")

    def _socket(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, place = info
        self.check_address(place[0])
        return socket.socket(family, kind, protocol)


class _CheckedResolver(AbstractResolver):
    """Answers only when every address of a name is public."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._resolver = guard.resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises `Closed`, and `OSError` where there are none."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            self._guard.check_address(one["host"])
        return found

    async def close(self) -> None:
        """Nothing is kept open."""
        await self._resolver.close()
