"""Static files: collected under hashed names, and handed out by the ASGI server."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from agentsite.static import FOR_EVER
from tests.asgi import ask


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All static files, as `collectstatic` leaves them."""
    folder = tmp_path_factory.mktemp("static")
    ours = {"BACKEND": "agentsite.static.StaticStorage"}
    with override_settings(STATIC_ROOT=folder, STORAGES={**settings.STORAGES, "staticfiles": ours}):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


async def test_collected_files_may_be_kept_for_ever(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "app.0123.css").write_bytes(b"body {}")

    status, headers, body = await ask("/static/app.0123.css")

    assert (status, body) == (200, b"body {}")
    assert headers[b"Cache-Control"] == FOR_EVER.encode()


@pytest.mark.parametrize("from_source", [False, True])
async def test_nothing_outside_the_folder_is_served(
    settings, tmp_path: Path, from_source: bool
) -> None:
    settings.STATIC_FROM_SOURCE = from_source
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")

    for path in ("/static/../secret", "/static/%2e%2e/secret", "/static//../secret"):
        status, _, body = await ask(path)
        assert status == 404
        assert b"secret" not in body


async def test_a_name_that_is_too_long_for_a_file_is_no_file(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path

    assert (await ask(f"/static/{'a' * 300}")).status == 404


async def test_a_developer_sees_the_files_as_they_are(settings) -> None:
    settings.STATIC_FROM_SOURCE = True
    status, headers, body = await ask("/static/app.css")
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


async def test_under_another_name_no_file_is_served(settings) -> None:
    settings.ALLOWED_HOSTS = ["elsewhere.example"]

    status, _, body = await ask("/static/app.css")

    assert status == 400
    assert body.startswith(b"Bad Request")
