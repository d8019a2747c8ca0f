"""What a line of the log has of the request in which it was written."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from rest_framework.test import APIClient
from structlog.contextvars import get_contextvars

from accounts.models import User
from agentsite.local.console import coloured
from agentsite.observability.logging import JsonFormatter, without_keys

pytestmark = pytest.mark.django_db
SECRET = "Zx-of_the-owner-only"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that are written, as a machine reads them."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_refusal_says_how_it_was_asked_and_shows_no_object(lines) -> None:
    Client().get("/no-such-page/?key=secret")

    (line,) = lines()
    assert line["event"] == "Not Found: /no-such-page/"
    assert (line["level"], line["status_code"], line["method"]) == ("warning", 404, "GET")
    assert "Request" not in json.dumps(line)
    assert "secret" not in json.dumps(line)


def test_a_line_names_request_trace_and_user(lines, alice: User, api_for) -> None:
    client: APIClient = api_for(alice)
    answer = client.get(
        "/api/v1/runs/00000000-0000-7000-8000-000000000000/", HTTP_TRACEPARENT=PARENT
    )

    (line,) = lines()
    assert answer.status_code == 404
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["trace_id"], line["user"]) == (TRACE, alice.pk)
    assert alice.email not in json.dumps(line)


def test_the_next_request_has_nothing_of_the_last_one(lines, alice: User, api_for) -> None:
    api_for(alice).get("/api/v1/runs/x/", HTTP_TRACEPARENT=PARENT)
    api_for(alice).get("/api/v1/me/")
    Client().get("/no-such-page/")

    last = lines()[-1]
    assert not {"user", "trace_id"} & set(last)
    assert "user" not in get_contextvars()


def test_a_person_sees_levels_in_colour_and_the_rest_as_it_is() -> None:
    assert coloured("web | 12:00 [warning  ] late") == "\x1b[33mweb | 12:00 [warning  ] late\x1b[0m"
    assert coloured("web | 12:00 [error    ] bad").startswith("\x1b[31m")
    assert coloured("web | 12:00 [info     ] fine") == "web | 12:00 [info     ] fine"


def addresses_with_keys() -> Iterator[str]:
    """Every address of the site that has a key in it."""
    lookup = get_resolver().reverse_dict
    for name in lookup:
        for made, *_ in lookup.getlist(name):
            for text, parameters in made:
                if {"key", "uidb36", "uidb64", "token"} & set(parameters):
                    yield "/" + text % dict.fromkeys(parameters, SECRET)


def test_no_line_has_the_key_of_an_address(lines) -> None:
    logger = logging.getLogger("web.tests")
    addresses = list(addresses_with_keys())
    for address in addresses:
        logger.warning("Not Found: %s", address)

    assert len(addresses) >= 4
    assert [line for line in lines() if SECRET in json.dumps(line)] == []


@pytest.mark.parametrize("path", [f"/shared/{SECRET}/", f"/shared/{SECRET}", f"/shared/{SECRET}/)"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_whatever_is_asked_of_a_link_its_key_is_in_no_line(lines, path: str, method: str) -> None:
    getattr(Client(), method)(path)

    assert SECRET not in json.dumps(lines())
    assert SECRET not in without_keys(f"12:00 [warning] Not Found: {path}")
