"""`manage.py reconcile --from DAY`: the figures come from the provider's API, page by page."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from billing.models import Reconciliation
from tests import providers
from tests.runs.reconcile import recorded

pytestmark = pytest.mark.django_db

ADMIN_KEY = "sk-admin-of-a-test"
DAY = datetime(2026, 11, 20, tzinfo=UTC)
# The path and the query of a request.
Asked = tuple[str, dict[str, list[str]]]
DOCUMENTED = ("--from", "2026-11-20", "--to", "2026-11-20", "--api-key", recorded.KEY)


class OpenAI(BaseHTTPRequestHandler):
    """Gives the recorded pages to whoever has the admin key, and keeps what was asked."""

    asked: list[Asked]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        self.asked.append((url.path, query))
        allowed = self.headers["Authorization"] == f"Bearer {ADMIN_KEY}"
        status, page = (200, _page(url.path, query)) if allowed else (401, REFUSED)
        body = json.dumps(page).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The test says what is wrong."""


REFUSED = {"error": {"message": "This key may not read usage."}}


def _page(path: str, query: dict[str, list[str]]) -> dict[str, Any]:
    kind = "costs" if path.endswith("/costs") else "usage"
    pages = [json.loads(line) for line in recorded.OPENAI.read_text().splitlines()]
    mine = [page for page in pages if kind in json.dumps(page["data"])]
    number = int(query.get("page", ["0"])[0])
    more = number + 1 < len(mine)
    return {**mine[number], "has_more": more, "next_page": str(number + 1) if more else None}


@pytest.fixture
def asked(alice: User, settings: Settings) -> Iterator[list[Asked]]:
    """The recorded ledger, and the requests to a provider with its own side of it."""
    recorded.ledger(alice)
    requests: list[Asked] = []
    OpenAI.asked = requests
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenAI)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    settings.SIMULATED = False
    settings.OPENAI_ADMIN_KEY = ADMIN_KEY
    settings.PROVIDERS = providers.openai(base_url=url)
    yield requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_day_is_fetched_and_explained_as_a_file_is(asked: list[Asked]) -> None:
    out = io.StringIO()
    call_command("reconcile", *DOCUMENTED, stdout=out)

    assert "2 doubts resolved, 0 unexplained" in out.getvalue()
    one = Reconciliation.objects.get()
    assert (one.starts_at, one.ends_at) == (DAY, DAY + timedelta(days=1))
    usage = [query for path, query in asked if path.endswith("/usage/completions")]
    assert usage[0]["start_time"] == [str(int(DAY.timestamp()))]
    assert [query.get("page") for query in usage] == [None, ["1"]]
    assert usage[0]["group_by[]"] == ["model", "api_key_id", "service_tier"]
    assert asked[-1][0] == "/v1/organization/costs"


def test_the_providers_refusal_is_told_and_exits_with_1(
    asked: list[Asked], settings: Settings
) -> None:
    settings.OPENAI_ADMIN_KEY = "sk-of-someone-else"
    with pytest.raises(CommandError, match="answered 401: This key may not read usage"):
        call_command("reconcile", *DOCUMENTED, stdout=io.StringIO())
    assert Reconciliation.objects.get().state == "failed"


def test_without_an_admin_key_nothing_is_asked(asked: list[Asked], settings: Settings) -> None:
    settings.OPENAI_ADMIN_KEY = ""
    with pytest.raises(CommandError, match="OPENAI_ADMIN_KEY is not set"):
        call_command("reconcile", *DOCUMENTED, stdout=io.StringIO())
    assert asked == []


def test_the_admin_key_is_shown_to_no_other_provider(
    asked: list[Asked], settings: Settings
) -> None:
    (openai,) = settings.PROVIDERS
    settings.PROVIDERS = (openai, replace(openai, name="groq", models=("llama",)))
    with pytest.raises(CommandError, match="figures of “groq” can't be fetched"):
        call_command("reconcile", *DOCUMENTED, provider="groq", stdout=io.StringIO())
    assert asked == []
