"""Why a run cost what it did: parts that add up, to the last digit."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from runs.models import Run
from runs.presenters.reasons import Reason, reasons
from runs.selectors.journal import books, journal
from tests import journal as life
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

ASK = {"role": "user", "content": "x" * 1000}


def parts(run: Run) -> dict[str, Reason]:
    found = reasons(books(run).entries, journal(run).steps)
    assert sum((reason.amount for reason in found), Decimal(0)) == run.cost_usd
    return {reason.label: reason for reason in found}


def call(run: Run, key: str, *messages: dict[str, str], **used: Any) -> None:
    hold = life.ask(run, key, request={"messages": list(messages)}).hold
    life.settle(run, hold, **used)


def test_what_an_earlier_call_had_sent_is_sent_again() -> None:
    run = life.start(RunFactory.create())
    call(run, "react/t1/think", ASK, fresh=1000, output=100)
    call(run, "react/t2/think", ASK, ASK | {"content": "y" * 1000}, fresh=2000, output=100)
    found = parts(run)
    assert set(found) == {"New input", "Re-sent context", "Output"}
    assert found["New input"].why == "2,000 tokens sent for the first time"
    assert found["Re-sent context"].why == "1,000 tokens that earlier calls had sent too"
    assert found["Re-sent context"].amount == life.cost("gpt-4.1-mini", 1000, 0, 0)
    assert found["Output"].amount == life.cost("gpt-4.1-mini", 0, 0, 200)


def test_the_cache_is_what_it_took_off() -> None:
    run = life.start(RunFactory.create())
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    call(run, "react/t2/think", ASK, fresh=200, cached=800, output=10)
    found = parts(run)
    assert found["Re-sent context"].amount == life.cost("gpt-4.1-mini", 1000, 0, 0)
    saved = life.cost("gpt-4.1-mini", 800, 0, 0) - life.cost("gpt-4.1-mini", 0, 800, 0)
    assert found["Prompt cache"].amount == -saved
    assert found["Prompt cache"].why == "800 tokens read from it"


def test_what_was_tried_again_is_no_new_context() -> None:
    run = life.start(RunFactory.create())
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    once = run.cost_usd
    hold = life.ask(run, attempt=2, request={"messages": [ASK]}).hold
    life.settle(run, hold, fresh=1000, output=10)
    found = parts(run)
    assert found["Retries"].amount == once
    assert "Re-sent context" not in found


def test_a_call_in_doubt_is_a_part_until_it_is_known() -> None:
    run = life.start(RunFactory.create())
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    life.dispatch(run, "react/t2/think")
    life.lose_worker(run)
    found = parts(run)
    assert found["In doubt"].amount == run.in_doubt_usd > 0


def test_without_steps_input_is_not_split() -> None:
    run = life.start(RunFactory.create())
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    found = reasons(LedgerEntry.objects.filter(run_id=run.pk), ())
    assert [reason.label for reason in found] == ["Input", "Output"]
    assert sum(reason.amount for reason in found) == run.cost_usd


def test_the_page_says_it(client_for: Any, alice: User) -> None:
    run = life.start(RunFactory.create(owner=alice))
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    call(run, "react/t2/think", ASK, fresh=1000, output=10)
    browser: Client = client_for(alice)
    html = browser.get(f"/runs/{run.pk}/").content.decode()
    assert "1,000 tokens that earlier calls had sent too" in html


def test_the_page_says_what_the_route_made_of_it(client_for: Any, alice: User) -> None:
    prices = {"input_usd": "2", "cached_input_usd": "0.5", "output_usd": "8"}
    route = {"kind": "simple", "saves": True, "other": {"model": "gpt-4.1"} | prices}
    run = life.start(RunFactory.create(owner=alice, route=route))
    call(run, "react/t1/think", ASK, fresh=1000, output=10)
    more = life.cost("gpt-4.1", 1000, 0, 10) - run.cost_usd
    assert run.routing_saved_usd == more
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert f"on gpt-4.1, the same tokens would have cost ${more:.4f} more" in html
