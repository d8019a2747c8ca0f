"""Static files: collected under hashed names, and handed out by the ASGI server."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.core.management import call_command

from agentsite.static import FOR_EVER, CollectedStaticFiles

Fetch = Callable[[str], Awaitable[tuple[int, dict[bytes, bytes], bytes]]]


@pytest.fixture
def fetch() -> Fetch:
    """Ask the real handler for a path."""

    async def ask(path: str) -> tuple[int, dict[bytes, bytes], bytes]:
        scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"site")]}
        handler = CollectedStaticFiles(get_asgi_application())
        connection = ApplicationCommunicator(handler, scope | {"query_string": b""})
        await connection.send_input({"type": "http.request", "body": b""})
        start = await connection.receive_output()
        body, more = b"", True
        while more:
            part = await connection.receive_output()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        return start["status"], dict(start["headers"]), body

    return ask


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    """All static files, as `collectstatic` leaves them."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "agentsite.static.StaticStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    return tmp_path


async def test_collected_files_may_be_kept_for_ever(fetch: Fetch, settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "app.0123.css").write_bytes(b"body {}")

    status, headers, body = await fetch("/static/app.0123.css")

    assert (status, body) == (200, b"body {}")
    assert headers[b"Cache-Control"] == FOR_EVER.encode()


async def test_nothing_outside_the_folder_is_served(fetch: Fetch, settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")

    for path in ("/static/../secret", "/static/%2e%2e/secret", "/static//../secret"):
        status, _, body = await fetch(path)
        assert status == 404
        assert b"secret" not in body


async def test_a_developer_sees_the_files_as_they_are(fetch: Fetch, settings) -> None:
    settings.DEBUG = True
    status, headers, body = await fetch("/static/app.css")
    assert status == 200
    assert body == (settings.BASE_DIR / "static" / "app.css").read_bytes()
    assert b"Cache-Control" not in headers


def test_modules_import_each_other_by_their_hashed_names(collected: Path) -> None:
    (page,) = collected.glob("js/run.????????????.js")
    imports = re.findall(r'from "\./(run/[^"]+)"', page.read_text())
    assert imports
    for name in imports:
        assert (page.parent / name).exists()
        assert re.search(r"\.[0-9a-f]{12}\.js$", name), name


def test_charts_load_our_own_copy_of_their_library(collected: Path) -> None:
    (charts,) = collected.glob("js/chart.????????????.js")
    (library,) = re.findall(r'import ?"\.\./(vendor/chartjs/[^"]+)"', charts.read_text())
    assert re.search(r"\.[0-9a-f]{12}\.js$", library)
    assert (collected / library).exists()
