"""A provider is asked about a call in doubt, and only that call's whole answer ends the doubt."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pytest_django import Settings

from runs.engine.identity import effect_id, nth_attempt
from runs.engine.provider.openai_model import CALL_ID
from runs.models import Run, Step
from runs.reconcile.asking import Tries, ask_about_doubts
from tests import journal, providers
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
KEY = "react/t1/think"
USAGE = {"prompt_tokens": 640, "completion_tokens": 310, "total_tokens": 950}
COST = journal.cost("gpt-4.1-mini", 640, 0, 310)


class Endpoint(BaseHTTPRequestHandler):
    """Gives the same answer to whatever it is asked."""

    answer: dict[str, Any]

    def do_GET(self) -> None:
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The test says what is wrong."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def doubt(alice, settings: Settings) -> Run:
    """A call in doubt whose answer is `resp_1`."""
    settings.SIMULATED = False
    settings.PROVIDERS = providers.openai()
    run = journal.start(RunFactory.create(owner=alice, simulated=False, provider="openai"))
    journal.dispatch(run, KEY)
    journal.lose_worker(run)
    Step.objects.filter(run=run).update(answer_id="resp_1")
    return run


def asked(run: Run, settings: Settings, url: str, way: Any, answer: dict[str, Any]) -> Run:
    """The run, once its provider gave this answer."""
    Endpoint.answer = answer
    settings.PROVIDERS = providers.openai(base_url=url, reattach=way)
    ask_about_doubts(Tries())
    run.refresh_from_db()
    return run


def completion(call_id: str) -> dict[str, Any]:
    return {"data": [{"id": "chatcmpl-1", "metadata": {CALL_ID: call_id}, "usage": USAGE}]}


def test_a_stored_answer_of_another_call_ends_no_doubt(doubt, settings, url):
    """As of an endpoint that takes no notice of the metadata that it is asked for."""
    assert asked(doubt, settings, url, "stored", completion("another")).in_doubt_usd > 0
    assert asked(doubt, settings, url, "stored", {"data": [{"usage": USAGE}]}).in_doubt_usd > 0
    mine = completion(effect_id(doubt.pk, KEY, nth_attempt(1)))
    assert asked(doubt, settings, url, "stored", mine).in_doubt_usd == 0
    assert doubt.cost_usd == COST


def test_an_answer_that_goes_on_or_is_anothers_ends_no_doubt(doubt, settings, url):
    whole = {"id": "resp_1", "status": "incomplete", "usage": USAGE}
    for other in ({"id": "resp_2"}, {"status": "in_progress"}, {"usage": None}):
        assert asked(doubt, settings, url, "background", whole | other).in_doubt_usd > 0
    assert asked(doubt, settings, url, "background", whole).cost_usd == COST


def test_another_generation_ends_no_doubt(doubt, settings, url):
    counted = {"native_tokens_prompt": 640, "native_tokens_completion": 310}
    other = {"data": {"id": "gen-2", **counted}}
    assert asked(doubt, settings, url, "generation", other).in_doubt_usd > 0
    mine = {"data": {"id": "resp_1", **counted}}
    assert asked(doubt, settings, url, "generation", mine).cost_usd == COST
