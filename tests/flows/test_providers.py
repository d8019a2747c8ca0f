"""Runs whose models are those of several providers: each is asked where it is, at its price."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as site
from redis import Redis

from billing.models import LedgerEntry, ModelSafety
from billing.providers import Provider
from billing.selectors.audit import ledger_differences
from runs.breakers import key_of, written
from runs.models import Run, RunEvent
from runs.states import Status
from tests.flows.model_server import DONE, ModelServer, Way, chunk, delta, usage
from tests.runs.breaking import opened
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("no_worker")
PRICES = {
    "m-1": {"input": "1", "output": "10"},
    "acme:m-1": {"input": "3", "output": "30"},
}
FALLBACKS = {"m-1": "acme:m-1"}


def says(text: str) -> Way:
    """Answers with this text, as the model `m-1`."""

    def answer(_: int) -> Iterator[bytes]:
        yield delta("m-1", "stop", content=text)
        yield chunk("m-1", usage=usage(100, 20))
        yield DONE

    return answer


@pytest.fixture
def servers(stack: Stack, settings: Any) -> Iterator[tuple[ModelServer, ModelServer]]:
    """OpenAI and another provider, each with a model of the same name."""
    one, other = ModelServer({"m-1": says("Draft.")}), ModelServer({"m-1": says("Good.")})
    settings.SIMULATED = False
    settings.PROVIDER_MODELS = tuple(PRICES)
    settings.PROVIDERS = (
        Provider("openai", ("m-1",), "127.0.0.1", one.url),
        Provider("acme", ("acme:m-1",), "acme@127.0.0.1", other.url, prefix="acme:"),
    )
    settings.MODEL_PRICES = {
        model: {bucket: Decimal(usd) for bucket, usd in price.items()}
        for model, price in PRICES.items()
    }
    settings.MODEL_FALLBACKS = FALLBACKS
    worker = stack.start_worker(
        "providers",
        OPENAI_BASE_URL=one.url,
        OPENAI_API_KEY="sk-one",
        OPENAI_MODELS="m-1",
        PROVIDERS="acme",
        ACME_BASE_URL=other.url,
        ACME_API_KEY="sk-other",
        ACME_MODELS="m-1",
        ACME_PREFIX="acme:",
        MODEL_PRICES=json.dumps(PRICES),
        MODEL_FALLBACKS=json.dumps(FALLBACKS),
    )
    yield one, other
    stack.stop(worker)
    one.close()
    other.close()
    assert ledger_differences() == []


def charged(run: Run) -> dict[str, set[tuple[Decimal, str]]]:
    """The price of output and its source, by provider and model."""
    found: dict[str, set[tuple[Decimal, str]]] = {}
    for line in LedgerEntry.objects.filter(run_id=run.pk):
        name = f"{line.provider} {line.model}"
        found.setdefault(name, set()).add((line.output_price, line.price_source))
    return found


def test_roles_may_have_models_of_several_providers(
    servers: tuple[ModelServer, ModelServer], submit: Callable[..., Run], ended: Any
) -> None:
    one, other = servers
    run = ended(
        submit(
            "Write one word.",
            pattern="reflection",
            model="m-1",
            roles={"reflection": "acme:m-1"},
            tools=[],
        )
    )
    assert run.status == Status.SUCCEEDED
    assert run.provider == "openai"
    assert set(one.requests) == set(other.requests) == {"m-1"}
    assert (one.keys, other.keys) == ({"Bearer sk-one"}, {"Bearer sk-other"})
    assert charged(run) == {
        "openai m-1": {(Decimal(10), "MODEL_PRICES")},
        "acme acme:m-1": {(Decimal(30), "MODEL_PRICES")},
    }
    mine = ModelSafety.objects.filter(keeps_cap=True, model__in=("m-1", "acme:m-1"))
    assert set(mine.values_list("provider", "model")) == {("openai", "m-1"), ("acme", "acme:m-1")}


def test_a_fallback_may_be_another_provider_s(
    servers: tuple[ModelServer, ModelServer], submit: Callable[..., Run], ended: Any
) -> None:
    one, other = servers
    with Redis.from_url(site.REDIS_URL) as redis:
        # The worker knows OpenAI's address by its host.
        endpoint = one.url.removeprefix("http://").removesuffix("/v1")
        key = key_of("m-1").replace(":127.0.0.1:", f":{endpoint}:")
        redis.set(key, written(opened(60)))
        try:
            run = ended(submit("Write one word.", pattern="react", model="m-1", tools=[]))
        finally:
            redis.delete(key)
    assert run.status == Status.SUCCEEDED
    assert (one.requests, set(other.requests)) == ([], {"m-1"})
    assert set(charged(run)) == {"acme acme:m-1"}
    notices = RunEvent.objects.filter(run=run, type="notice").order_by("seq")
    assert [event.data["code"] for event in notices] == ["breaker", "fallback"]


def test_a_model_that_has_another_provider_since_the_submit_is_not_called(
    servers: tuple[ModelServer, ModelServer], submit: Callable[..., Run], ended: Any, settings: Any
) -> None:
    settings.PROVIDERS = (Provider("before", ("m-1",), "before", "http://127.0.0.1:9"),)
    run = ended(submit("Write one word.", model="m-1"))
    assert (run.status, run.error["code"]) == (Status.FAILED, "provider_changed")
    assert [server.requests for server in servers] == [[], []]
