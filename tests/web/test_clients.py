"""An address counts as what its owner surely has, and as what proxies are trusted to say."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from web.clients import client_address, networks_of


def seen(address: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=address))


def test_without_proxies_the_forwarded_header_proves_nothing(settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    assert seen("10.0.0.1", "198.51.100.7") == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (2, "1.2.3.4, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, None, "10.0.0.1"),
    ],
)
def test_behind_proxies_the_hop_that_they_saw_counts(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert seen("10.0.0.1", forwarded) == address


def test_an_ipv6_client_counts_by_its_network_and_by_what_may_be_its_site() -> None:
    near, wide = networks_of("2001:db8:1:2::1")
    assert networks_of("2001:db8:1:2:ffff::9") == (near, wide)
    other, same = networks_of("2001:db8:1:3::1")
    assert other != near
    assert same == wide
    assert networks_of("2001:db8:2:2::1")[1] != wide


def test_an_address_counts_as_what_it_stands_for() -> None:
    assert networks_of("198.51.100.7") == ("198.51.100.7",)
    assert networks_of("::ffff:198.51.100.7") == networks_of("198.51.100.7")
    assert networks_of("::ffff:198.51.100.7") != networks_of("::ffff:198.51.100.8")
    assert networks_of("64:ff9b::198.51.100.7") == networks_of("198.51.100.7")
    assert networks_of("2002:c633:6407:1::1") == networks_of("198.51.100.7")
    assert networks_of("fe80::1%eth0") == networks_of("fe80::1%eth1") == ("fe80::1",)
    assert networks_of("fe80::1") != networks_of("fe80::2")
    assert networks_of("") == networks_of("nonsense") == ("unknown",)
