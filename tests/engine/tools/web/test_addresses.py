"""Every kind of address that isn't public is closed, in every spelling; public ones are open."""

from ipaddress import ip_network

import pytest

from runs.engine.tools.web.addresses import CLOSED, CLOSED_NAMES, address_fault, name_fault
from runs.engine.tools.web.guard import Closed, Guard


@pytest.mark.parametrize(("network", "reason"), CLOSED)
def test_both_ends_of_every_listed_network_are_closed(network: str, reason: str):
    ends = ip_network(network)
    assert address_fault(str(ends[0]))
    assert address_fault(str(ends[-1]))
    # The first network that has an address names the reason, and ::1 is also in ::/96.
    assert address_fault(str(ends[-1])) in {given for _, given in CLOSED}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "this network"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "shared address space"),
        ("100.100.100.200", "shared address space"),
        ("127.0.0.1", "this machine"),
        ("168.63.129.16", "a cloud's own service"),
        ("169.254.169.254", "link-local"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved for protocols"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified or IPv4-compatible"),
        ("::1", "this machine"),
        ("::7f00:1", "unspecified or IPv4-compatible"),
        ("::ffff:127.0.0.1", "this machine"),
        ("::ffff:a9fe:a9fe", "link-local"),
        ("::ffff:168.63.129.16", "a cloud's own service"),
        ("64:ff9b::a9fe:a9fe", "NAT64"),
        ("64:ff9b:1::1", "NAT64"),
        ("2001:0:53aa::1", "Teredo"),
        ("2002:7f00:1::", "6to4"),
        ("fd00:ec2::254", "private"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "not allocated"),
        ("no address", "no address"),
    ],
)
def test_an_address_that_is_not_public_says_why(address: str, reason: str):
    assert address_fault(address) == reason


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_open(address: str):
    assert address_fault(address) == ""


@pytest.mark.parametrize(
    "name",
    ["localhost", "redis", "metadata", "metadata.google.internal", "metadata.goog", "db.local"]
    + [f"a.{name}" for name in CLOSED_NAMES],
)
def test_names_of_the_network_are_closed(name: str):
    assert name_fault(name) == "a name of this network"


@pytest.mark.parametrize("name", ["example.org", "internal.example.org", "xn--bcher-kva.example"])
def test_names_of_the_web_are_open(name: str):
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7F.0.0.0x1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "0",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25eth0]",
        "localhost.",
        "LOCALHOST",
        "ｌocalhost",
        "metadata.google.internal.",
    ],
)
def test_no_spelling_of_a_closed_host_gets_through(host: str):
    with pytest.raises(Closed):
        Guard().checked(f"http://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/",
        "example.org",
        "http://",
        "http:///x",
        "http://[::1",
        "http://a@example.org/",
        "http://a:b@example.org/",
        "http://@127.0.0.1/",
        "http://example.org:8080/",
        "http://example.org:22/",
        "http://example.org:99999/",
        "http://example.org:x/",
    ],
)
def test_only_plain_web_addresses_are_read(address: str):
    with pytest.raises(Closed):
        Guard().checked(address)


def test_a_public_address_is_kept_without_its_fragment():
    assert str(Guard().checked(" https://example.org/a?b=c#d ")) == "https://example.org/a?b=c"
    assert Guard().checked("http://bücher.example/").raw_host == "xn--bcher-kva.example"
    assert str(Guard().checked("http://example.org:443/")) == "http://example.org:443/"


def test_the_sites_own_hosts_are_closed():
    guard = Guard(closed_names=("agents.example.org",))
    for host in ("agents.example.org", "AGENTS.example.org.", "www.agents.example.org"):
        with pytest.raises(Closed, match="belongs to this site"):
            guard.checked(f"https://{host}/")
    assert guard.checked("https://other-agents.example.org/")


def test_a_guard_for_tests_opens_this_machine_alone():
    guard = Guard(loopback=True)
    assert guard.checked("http://127.0.0.1:8123/").port == 8123
    for host in ("10.0.0.1", "169.254.169.254", "[fe80::1]", "metadata.google.internal"):
        with pytest.raises(Closed):
            guard.checked(f"http://{host}/")
