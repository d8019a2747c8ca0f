"""Cache writes are a bucket of their own, from the hold to the bill and every sum."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.bill import bill_lines, prompt_cache, total
from billing.models import LedgerEntry, UsageRollup
from billing.money import ModelPrices, UnitPrices
from billing.pricing import price_of
from billing.served import Served
from runs.engine.types import Reply, StepEnd, StepStart, Usage
from runs.executor import charges
from runs.models import Run
from runs.services import KnownUsage, resolve_doubt
from tests import journal
from tests.factories import RunFactory, StaffFactory, set_budget
from tests.money import window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
# As gpt-6-sol: a cache write costs a quarter more than fresh input.
UNIT = UnitPrices(Decimal(2), Decimal("0.2"), Decimal("2.5"), Decimal(10))
PRICES = ModelPrices("gpt-6-sol", "genai-prices", ((0, UNIT),))
USED = Usage(fresh_input=101, cached_input=1003, cache_write=2007, output=53, reasoning=13)
AMOUNT = Decimal("0.005950100")  # 202 + 200.6 + 5017.5 + 530, in millionths


def start_of(run: Run) -> StepStart:
    return StepStart("react/t1/think", 1, "Think", "0" * 64, {}, run.chosen_model, 4000, 1000)


def ended(used: Usage | None, **more: Any) -> StepEnd:
    reply = Reply(content="42", tool_calls=(), finish_reason="stop", model="")
    return StepEnd("done", used, "exact", 100, reply, **more)


def buy(run: Run) -> LedgerEntry:
    """A call that used all buckets, charged as the worker charges it."""
    hold = journal.dispatch(run, max_input_tokens=4000)
    journal.settle(
        run,
        hold,
        fresh=USED.fresh_input,
        cached=USED.cached_input,
        written=USED.cache_write,
        output=USED.output,
        reasoning=USED.reasoning,
        unit=UNIT,
    )
    return LedgerEntry.objects.get()


def test_the_bill_adds_up_to_the_providers_total_to_the_last_digit(alice, client_for):
    run = journal.start(RunFactory.create(owner=alice))
    entry = buy(run)
    lines = bill_lines([entry])

    assert entry.amount == run.cost_usd == total(lines) == AMOUNT
    assert [(line.bucket, line.quantity) for line in lines] == [
        ("fresh_input", 101),
        ("cached_input", 1003),
        ("cache_write", 2007),
        ("output", 40),
        ("reasoning", 13),
    ]
    assert run.input_tokens == run.steps.get().input_tokens == USED.input == 3111
    assert UsageRollup.objects.get().cache_write_tokens == 2007
    assert [line["bucket"] for line in ledger_of(client_for(alice), run)] == [
        line.bucket for line in lines
    ]
    page = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert "Cache writes" in page
    assert "1,003 of 3,111 input tokens read from it (32.2%), 2,007 written to it" in page


def test_the_hit_rate_is_on_the_run_on_its_bill_and_in_the_report(alice, client_for):
    run = journal.start(RunFactory.create(owner=alice))
    buy(run)
    client = client_for(alice)
    cache = {
        "input_tokens": 3111,
        "cached_input_tokens": 1003,
        "cache_write_tokens": 2007,
        "prompt_cache_hit_rate": 0.3224,
    }
    (reported,) = client.get("/api/v1/usage/").json()["results"]
    usage = client.get(f"/api/v1/runs/{run.pk}/").json()["usage"]
    assert client.get(f"/api/v1/runs/{run.pk}/ledger/").json()["prompt_cache"] == cache
    for shown in (usage, reported):
        assert {name: shown[name] for name in cache} == cache
    assert "32.2% of all input tokens" in client.get("/usage/").content.decode()


def test_a_call_in_doubt_says_nothing_of_the_cache(alice):
    run = journal.start(RunFactory.create(owner=alice))
    buy(run)
    before = prompt_cache(LedgerEntry.objects.all())
    journal.dispatch(run, "react/t2/think")
    journal.lose_worker(run)
    assert LedgerEntry.objects.count() == 2
    assert prompt_cache(LedgerEntry.objects.all()) == before


def ledger_of(client: Client, run: Run) -> list[dict[str, Any]]:
    body = client.get(f"/api/v1/runs/{run.pk}/ledger/").json()
    assert sum(Decimal(line["amount_usd"]) for line in body["results"]) == run.cost_usd
    lines: list[dict[str, Any]] = body["results"]
    return lines


def test_a_worker_charges_what_was_written_at_its_own_price():
    run = journal.start(RunFactory.create())
    served = Served(PRICES.model, "", PRICES)
    charged = charges.charge(ended(USED), start_of(run), PRICES, served)
    assert charged.usage is not None
    assert charged.usage["cache_write_tokens"] == 2007
    assert Decimal(charged.usage["cache_write_price"]) == Decimal("2.5")
    assert (charged.confidence, charged.notice) == ("exact", None)


def test_a_hold_covers_input_that_is_all_written_to_the_cache():
    bound = charges.bound("gpt-6-sol", 4000, 0, PRICES)
    assert Decimal(bound["input_price"]) == Decimal("2.5")
    assert PRICES.bound(4000).cost(100) == UNIT.cost(
        fresh_input=0, cached_input=0, cache_write=4000, output=100
    )


def test_the_library_knows_what_a_cache_write_costs():
    known, plain = price_of("gpt-6-sol"), price_of("gpt-4.1-mini")
    assert known is not None
    assert plain is not None
    assert known.base.cache_write == known.base.input * Decimal("1.25")
    assert plain.base.cache_write == plain.base.input


def test_a_hard_budget_is_not_passed_by_cache_writes():
    unit = UNIT.cost(fresh_input=0, cached_input=0, cache_write=4000, output=1000)
    budget = set_budget(unit)
    run = journal.start(RunFactory.create(max_cost_usd=None))
    most = charges.bound("gpt-6-sol", 4000, 1000, PRICES)
    hold = journal.ask(run, bound=most).hold
    journal.settle(run, hold, fresh=0, written=4000, output=1000, unit=UNIT)
    assert window(budget).settled_usd == unit
    assert window(budget).overrun_usd == 0


def test_staffs_word_on_cache_writes_is_taken_back_whole_when_exact_usage_comes():
    run = journal.start(RunFactory.create())
    hold, epoch = journal.dispatch(run), run.epoch
    journal.lose_worker(run)
    resolve_doubt(
        entry=LedgerEntry.objects.get(),
        by=StaffFactory.create(),
        reason="their page",
        known=KnownUsage(100, 0, 700, 50),
    )
    run.refresh_from_db()
    assert run.input_tokens == 800
    run.epoch = epoch
    journal.settle(run, hold, fresh=10, written=20, output=30)
    run.refresh_from_db()
    assert run.input_tokens == 30
    assert run.cost_usd == journal.cost("gpt-4.1-mini", 30, 0, 30)
    assert UsageRollup.objects.get().cache_write_tokens == 20
