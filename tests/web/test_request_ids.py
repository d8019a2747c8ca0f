"""An error page has a reference, which finds the trace in the log."""

import logging
import re

import pytest
from django.test import Client
from django.urls import path
from structlog.contextvars import get_contextvars

from agentsite import urls
from web.fallbacks import no_such_address
from web.request_ids import HEADER

seen: list[str] = []


def broken(request):
    raise RuntimeError("a mistake of ours")


async def broken_later(request):
    raise RuntimeError("a mistake of ours")


def good(request):
    seen.append(str(get_contextvars()["request_id"]))
    return no_such_address(request)


urlpatterns = [
    path("broken/", broken),
    path("broken-later/", broken_later),
    path("good/", good),
    *urls.urlpatterns,
]
handler500 = urls.handler500


class Kept(logging.Handler):
    """Keeps the id of the request in which each trace was written."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.ids.append(str(get_contextvars().get("request_id")))


@pytest.fixture
def traces():
    """The traces that are logged."""
    kept = Kept()
    logging.getLogger().addHandler(kept)
    yield kept
    logging.getLogger().removeHandler(kept)


@pytest.fixture(autouse=True)
def with_broken_pages(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize("address", ["/broken/", "/broken-later/"])
def test_the_page_names_the_id_under_which_its_trace_was_logged(address: str, traces: Kept):
    response = Client(raise_request_exception=False).get(address)

    page = response.content.decode()
    assert response.status_code == 500
    (reference,) = re.findall(r"Reference: <code>(\w+)</code>", page)
    assert reference == response[HEADER]
    assert reference in traces.ids
    assert "mistake" not in page


def test_each_request_has_an_id_of_its_own():
    answers = [Client().get("/good/")[HEADER] for _ in range(2)]
    assert answers == seen[-2:]
    assert answers[0] != answers[1]
    assert "request_id" not in get_contextvars()
