"""Pages are read from checked addresses only, within bounds; each redirect is checked anew."""

import asyncio
import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from runs.engine.clock import SystemClock
from runs.engine.tools.registry import TOOLS, ToolBox
from runs.engine.tools.tool import Outcome, ToolContext, ToolError
from runs.engine.tools.web.fetch import HTTP_FETCH, MAX_BYTES, MAX_PAGES, read_page
from runs.engine.tools.web.guard import Guard
from tests.engine.tools.web.servers import Names, serving

LOCAL = Guard(loopback=True)
HERE = ["127.0.0.1"]


def named(names: Names) -> Guard:
    """A guard for a test's server under a name."""
    return Guard(resolver=lambda: names, loopback=True)


def sends(body: bytes = b"Hello.", kind: str = "text/plain", **headers: str) -> Any:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": kind, **headers})

    return answer


def redirects(target: Callable[[web.BaseRequest], str]) -> Any:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": target(request)})

    return answer


async def read(handler: Any, guard: Guard = LOCAL, host: str = "127.0.0.1") -> str:
    async with serving(handler) as port:
        return await read_page(f"http://{host}:{port}/", guard)


async def test_a_page_comes_as_text_with_title_and_address():
    text = await read(sends(b"<title>T</title><p>One<p>Two", "text/html; charset=utf-8"))
    title, address, _, first, *_ = text.splitlines()
    assert (title, first) == ("T", "One")
    assert address.startswith("http://127.0.0.1:")


async def test_the_checked_address_is_called_under_the_pages_own_name():
    seen: dict[str, str] = {}

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.update(request.headers)
        return web.Response(text="ok", headers={"Set-Cookie": "a=b"})

    names = Names(HERE)
    assert "ok" in await read(answer, named(names), "pages.example")
    assert seen["Host"].startswith("pages.example:")
    assert names.asked == ["pages.example"]
    assert not {"Cookie", "Authorization", "Referer"} & seen.keys()


async def test_this_machine_is_closed_unless_a_test_opens_it():
    async with serving(sends()) as port:
        with pytest.raises(ToolError, match="ports 80 and 443"):
            await read_page(f"http://127.0.0.1:{port}/", Guard())
    with pytest.raises(ToolError, match="this machine"):
        await read_page("http://127.0.0.1/", Guard())


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.0.0.1", "private"),
        ("127.0.0.1", "this machine"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "shared address space"),
        ("::1", "this machine"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a9fe:a9fe", "NAT64"),
        ("2002:a00:1::", "6to4"),
        ("fe80::1", "link-local"),
        ("fd00::1", "private"),
    ],
)
async def test_a_name_with_one_closed_address_among_public_ones_is_closed(
    address: str, reason: str
):
    guard = Guard(resolver=lambda: Names(["93.184.216.34", address]))
    with pytest.raises(ToolError, match=f"{re.escape(address)} can't be read: {reason}"):
        await read_page("http://pages.example/", guard)


async def test_the_socket_checks_by_itself_what_the_name_led_to():
    info = (2, 1, 6, "", ("169.254.169.254", 80))
    with pytest.raises(OSError, match="link-local"):
        Guard()._socket(info)


async def test_a_name_that_moves_to_a_private_address_is_not_followed():
    """DNS rebinding: what was public for the first request is private for the next."""
    names = Names(HERE, ["10.0.0.1"])
    with pytest.raises(ToolError, match="private"):
        await read(redirects(lambda r: str(r.url.with_path("/next"))), named(names), "re.example")
    assert names.asked == ["re.example", "re.example"]


async def test_the_connection_goes_to_the_address_that_was_checked():
    """DNS rebinding: the name is asked once, so that a second answer is never heard."""
    names = Names(HERE, ["10.0.0.1"])
    assert "Hello." in await read(sends(), named(names), "re.example")
    assert names.asked == ["re.example"]


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://metadata.google.internal/",
        "//192.168.0.1/",
        "file:///etc/passwd",
        "http://a:b@example.org/",
        "http://[",
    ],
)
async def test_redirects_to_closed_places_are_not_followed(target: str):
    with pytest.raises(ToolError):
        await read(redirects(lambda request: target))


async def test_four_redirects_are_followed_and_no_fifth():
    def counting(most: int) -> Any:
        async def answer(request: web.BaseRequest) -> web.Response:
            n = int(request.path.strip("/") or 0)
            if n == most:
                return web.Response(text="there")
            return web.Response(status=307, headers={"Location": f"/{n + 1}"})

        return answer

    assert "there" in await read(counting(4))
    with pytest.raises(ToolError, match="more than 4 times"):
        await read(counting(5))


async def test_a_large_page_is_cut_and_says_so():
    text = await read(sends(b"a" * (MAX_BYTES + 10)))
    assert "Only the first" in text
    assert text.count("a" * MAX_BYTES) == 1


async def test_a_small_packed_page_that_unpacks_to_much_is_cut():
    bomb = gzip.compress(b"a" * (64 * MAX_BYTES))
    assert len(bomb) < MAX_BYTES
    text = await read(sends(bomb, **{"Content-Encoding": "gzip"}))
    assert "Only the first" in text
    assert len(text) < MAX_BYTES + 200


async def test_a_packed_page_is_unpacked():
    text = await read(sends(gzip.compress(b"Packed."), **{"Content-Encoding": "gzip"}))
    assert text.endswith("Packed.")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (sends(kind="image/png"), "Only text"),
        (sends(kind="application/octet-stream"), "Only text"),
        (sends(b"x", **{"Content-Encoding": "br"}), "unknown way"),
        (sends(b"not packed", **{"Content-Encoding": "gzip"}), "can't be read"),
    ],
)
async def test_what_is_no_text_is_not_read(handler: Any, reason: str):
    with pytest.raises(ToolError, match=reason):
        await read(handler)


async def test_errors_of_servers_are_told():
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=404, text="secret page")

    with pytest.raises(ToolError, match="status 404"):
        await read(answer)


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Größe".encode("latin-1"), "iso-8859-1", "Größe"),
        ("Größe".encode(), "no-such-charset", "Größe"),
        (b"+AGE-", "utf-7", "+AGE-"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"a\0b", "utf-8", "ab"),
        (b"\xff", "utf-8", "\N{REPLACEMENT CHARACTER}"),
    ],
)
async def test_texts_are_decoded_as_encodings_of_texts_only(body: bytes, charset: str, text: str):
    assert (await read(sends(body, f"text/plain; charset={charset}"))).endswith(text)


async def call(context: ToolContext, address: str) -> Outcome:
    return await ToolBox(["http_fetch"]).run("http_fetch", {"url": address}, context)


async def test_a_server_that_is_slow_is_given_up(monkeypatch: pytest.MonkeyPatch):
    async def hang(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    assert HTTP_FETCH.timeout_s == 20
    monkeypatch.setitem(TOOLS, "http_fetch", replace(HTTP_FETCH, timeout_s=0.1))
    async with serving(hang) as port:
        outcome = await call(ToolContext(SystemClock(), LOCAL), f"http://127.0.0.1:{port}/")
    assert outcome.code == "timeout"


async def test_a_run_reads_only_so_many_pages():
    context = ToolContext(SystemClock(), Guard())
    outcomes = [await call(context, "http://127.0.0.1/") for _ in range(MAX_PAGES + 1)]
    assert {one.code for one in outcomes} == {"refused"}
    assert "this machine" in outcomes[-2].text
    assert "limit of this run" in outcomes[-1].text


async def test_without_a_guard_nothing_is_read():
    outcome = await call(ToolContext(SystemClock()), "https://example.org/")
    assert (outcome.code, outcome.text) == ("refused", "No web page can be read here.")
