"""Usage by session and by customer, from the ledger's lines: for chargeback."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from billing.models import LedgerEntry
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage/"


def usage(api, **query: str) -> Any:
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_the_sums_by_customer_are_those_without(api_for, alice, bob):
    for customer in ("ACME", "ACME", "Globex", ""):
        journal.succeed(RunFactory.create(owner=alice, customer=customer), cached=5)
    journal.succeed(RunFactory.create(owner=bob, customer="ACME"))
    api = api_for(alice)

    rows = {row["customer"]: row for row in usage(api, group_by="customer")}
    (whole,) = usage(api, group_by="pattern")

    assert {name: row["runs"] for name, row in rows.items()} == {"": 1, "ACME": 2, "Globex": 1}
    spent = LedgerEntry.objects.filter(owner=alice).aggregate(sum=Sum("amount"))["sum"]
    assert sum(Decimal(row["cost_usd"]) for row in rows.values()) == spent
    counted = ("runs", "charged_runs", "llm_calls", "input_tokens", "cached_input_tokens")
    for name in (*counted, "output_tokens", "cache_write_tokens", "reasoning_tokens"):
        assert sum(row[name] for row in rows.values()) == whole[name], name


def test_a_session_is_summed_by_day_and_model(api_for, alice):
    journal.succeed(RunFactory.create(owner=alice, session_id="chat-7"))
    journal.succeed(RunFactory.create(owner=alice, session_id="chat-7"), model="gpt-5-nano")

    rows = usage(api_for(alice), group_by="session_id,day,model")

    assert [(row["session_id"], row["model"], row["llm_calls"]) for row in rows] == [
        ("chat-7", "gpt-4.1-mini", 2),
        ("chat-7", "gpt-5-nano", 2),
    ]


def test_a_run_is_summed_under_each_of_its_tags(api_for, alice, bob):
    both = journal.succeed(RunFactory.create(owner=alice, tags=["blue", "nightly"]))
    one = journal.succeed(RunFactory.create(owner=alice, tags=["blue"]))
    none = journal.succeed(RunFactory.create(owner=alice))
    journal.succeed(RunFactory.create(owner=bob, tags=["blue"]))

    rows = usage(api_for(alice), group_by="tag")

    assert [(row["tag"], row["runs"], row["charged_runs"]) for row in rows] == [
        ("", 1, 1),
        ("blue", 2, 2),
        ("nightly", 1, 1),
    ]
    costs = [Decimal(row["cost_usd"]) for row in rows]
    assert costs == [none.cost_usd, both.cost_usd + one.cost_usd, both.cost_usd]


def test_what_a_deleted_run_cost_stays_without_its_labels(api_for, alice):
    run = journal.succeed(RunFactory.create(owner=alice, customer="ACME"))
    Run.objects.filter(pk=run.pk).delete()

    (row,) = usage(api_for(alice), group_by="customer")

    assert (row["customer"], Decimal(row["cost_usd"])) == ("", run.cost_usd)
    (row,) = usage(api_for(alice), group_by="tag")
    assert (row["tag"], Decimal(row["cost_usd"])) == ("", run.cost_usd)


def test_a_correction_is_no_second_call(api_for, alice):
    run = journal.start(RunFactory.create(owner=alice, customer="ACME"))
    journal.buy(run)
    entry = LedgerEntry.objects.get(run_id=run.pk)
    (row,) = usage(api_for(alice), group_by="customer")
    assert (row["llm_calls"], row["charged_runs"]) == (1, 1)
    assert Decimal(row["cost_usd"]) == entry.amount


def test_staff_see_the_whole_sites(api_for, alice, bob, staff):
    for owner in (alice, bob):
        journal.succeed(RunFactory.create(owner=owner, customer="ACME"))

    (row,) = usage(api_for(staff), group_by="customer", scope="site")

    assert row["runs"] == 2


def test_it_is_bounded(api_for, alice):
    days = {"from": "2026-01-01", "to": "2026-06-30"}
    api = api_for(alice)
    assert api.get(URL, {**days, "group_by": "customer"}).status_code == 400
    assert api.get(URL, {**days, "group_by": "model"}).status_code == 200
