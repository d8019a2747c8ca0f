"""No request of any kind keeps a connection of the pool, nor shows a setting."""

import asyncio
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.urls import get_resolver

from tests.asgi import ask
from tests.routes import routes
from tests.web.wsgi import ask_wsgi

pytestmark = pytest.mark.django_db(transaction=True)

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
PROBES = ("/healthz", "/readyz", "/health")
PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
EXAMPLES = {"uuid": str(uuid4()), "int": "7", "month": "2026-01"}
NO_PAGES = ("/nope", "/static/nope.css", "/runs/nope/", "/admin/nope/", "/api/nope", "/%00", "//x")


def addresses() -> Iterator[str]:
    """One address of every route of the site, and some that lead nowhere."""
    for path, _ in routes(get_resolver()):
        if "(?P" not in path and "^" not in path:
            yield "/" + PARAMETER.sub(lambda found: EXAMPLES.get(found[1], "x"), path)
    yield from (*PROBES, *NO_PAGES)


def secrets() -> list[bytes]:
    """What no answer may hold."""
    values = (site.SECRET_KEY, site.REDIS_URL, site.DATABASES["default"]["PASSWORD"])
    return [str(value).encode() for value in (*values, os.environ["DATABASE_URL"])]


def taken() -> int:
    """How many of the pool's connections are in use."""
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"]) - int(stats["pool_available"])


@pytest.fixture
def session_of_nobody() -> str:
    """A cookie whose session is made up."""
    return f"{site.SESSION_COOKIE_NAME}=made-up-0123456789abcdefghijklmn"


@pytest.fixture
def session_of_somebody(alice, client_for) -> str:
    """A cookie of someone who is signed in."""
    key = client_for(alice).session.session_key
    assert SessionStore(key).exists(key)
    return f"{site.SESSION_COOKIE_NAME}={key}"


@pytest.fixture
def given_back() -> None:
    """This thread's own connection does not count."""
    connection.close()


@pytest.mark.parametrize("method", METHODS)
def test_no_route_keeps_a_connection_or_shows_a_setting(
    method: str, session_of_nobody: str, session_of_somebody: str, given_back: None
) -> None:
    hidden = secrets()

    visits = [("site", session_of_somebody)]
    if method == "GET":
        visits += [("site", session_of_nobody), ("evil.example", session_of_somebody)]

    async def ask_all() -> None:
        for path, (host, cookie) in product(sorted(set(addresses())), visits):
            before = taken()
            answer = await ask(path, method=method, host=host, cookie=cookie)
            assert taken() <= before, (path, host, cookie)
            assert not [value for value in hidden if value in answer.body], path
            if host != "site" and path not in PROBES and not path.startswith("/static/"):
                assert answer.status == 400, path

    before = taken()
    site_hosts = site.ALLOWED_HOSTS
    site.ALLOWED_HOSTS = ["site"]
    try:
        asyncio.run(ask_all())
    finally:
        site.ALLOWED_HOSTS = site_hosts
    assert taken() == before


def test_forty_missing_pages_leave_the_pool_whole(session_of_nobody: str, given_back: None) -> None:
    async def ask_forty() -> list[int]:
        answers = await asyncio.gather(*(ask("/nope", cookie=session_of_nobody) for _ in range(40)))
        return [answer.status for answer in answers]

    before = taken()
    assert asyncio.run(ask_forty()) == [404] * 40
    assert taken() <= before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_behind_a_wsgi_server_neither(
    method: str, session_of_nobody: str, session_of_somebody: str, given_back: None, settings
) -> None:
    settings.ALLOWED_HOSTS = ["site"]
    hidden = secrets()
    with ThreadPoolExecutor(1) as server:
        for path in sorted(set(addresses())):
            for cookie in (session_of_nobody, session_of_somebody):
                before = taken()
                answer = ask_wsgi(server, path, method=method, cookie=cookie)
                assert taken() <= before, (path, cookie)
                assert not [value for value in hidden if value in answer.body], path
        assert ask_wsgi(server, "/nope", host="evil.example", cookie="").status == 400
