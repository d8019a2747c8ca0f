"""Whatever a model writes, its run ends once, with a bill and a page that can be read."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from runs.states import Status
from tests.flows.model_server import DONE, chunk, delta, usage

pytestmark = pytest.mark.usefixtures("no_worker")
PRICE = {"input": "1", "cached_input": "0.1", "output": "10"}
ODD = "half \ud800, NUL \x00, \x1b[31mred\u202e \uffff"
# Deeper than any parser goes, and so short that all of it at output price is some cents.
DEEP = "[" * 10_000


def answer(*events: bytes) -> Iterator[bytes]:
    yield from events
    yield DONE


def call(model: str, **function: object) -> bytes:
    """A tool call as no endpoint should write it."""
    return delta(model, "tool_calls", tool_calls=[{"index": 0, "id": ODD, "function": function}])


def _once(model: str, first: bytes) -> Iterator[bytes]:
    return answer(first, chunk(model, usage=usage(50, 20)))


WAYS = {
    "odd-text": lambda cap: _once("odd-text", delta("odd-text", "stop", content=ODD)),
    "odd-thoughts": lambda cap: _once(
        "odd-thoughts", delta("odd-thoughts", "stop", content="42", reasoning_content=ODD)
    ),
    "odd-names": lambda cap: _once("odd-names", call("odd-names", name=ODD, arguments=ODD)),
    "odd-arguments": lambda cap: _once(
        "odd-arguments", call("odd-arguments", name="calculator", arguments=json.dumps({ODD: ODD}))
    ),
    "deep-arguments": lambda cap: _once(
        "deep-arguments", call("deep-arguments", name="calculator", arguments=DEEP)
    ),
    "odd-types": lambda cap: _once("odd-types", call("odd-types", name=7, arguments=[[1]])),
    "deep-events": lambda cap: answer(b'data: {"choices": ' + DEEP.encode() + b"\n\n"),
    "no-utf8": lambda cap: answer(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
    "huge-usage": lambda cap: answer(
        delta("huge-usage", "stop", content="42"), chunk("huge-usage", usage=usage(10**40, -1))
    ),
    "odd-served": lambda cap: _once(ODD, delta(ODD, "stop", content="42")),
    "odd-end": lambda cap: answer(delta("odd-end", {"why": ODD}, content="42")),
    "odd-error": lambda cap: answer(chunk("odd-error", error={"message": ODD, "code": [ODD]})),
}
OWN_FAULTS = {"internal", "poisoned"}


def test_every_run_ends_once_and_can_be_read(served, submit, ended, api, owner) -> None:
    served(WAYS, dict.fromkeys(WAYS, PRICE))
    reader = Client()
    reader.force_login(owner)
    runs = {model: submit("What is 6 times 7?", model=model) for model in WAYS}
    for model, run in runs.items():
        ended(run)
        assert run.attempt == 1, model
        assert not (run.error and run.error["code"] in OWN_FAULTS), (model, run.error)
        assert run.status in (Status.SUCCEEDED, Status.FAILED), model
        assert 0 <= run.cost_usd < Decimal(1), model
        for address in (f"/runs/{run.pk}/", "/runs/", f"/api/v1/runs/{run.pk}/"):
            asked = api if address.startswith("/api") else reader
            assert asked.get(address).status_code == 200, (model, address)
