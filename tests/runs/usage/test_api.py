"""GET /api/v1/usage/: sums that agree with the ledger, for oneself and for staff."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Scope
from billing.models import LedgerEntry
from runs.models import Run
from tests import journal
from tests.factories import RunFactory
from tests.race import on_its_own_connection

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def usage(api, **query: str) -> Any:
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return response.json()


def test_usage_is_mine_by_day_and_agrees_with_the_ledger(api, alice, bob):
    for _ in range(2):
        journal.succeed(RunFactory.create(owner=alice), cached=10)
    journal.succeed(RunFactory.create(owner=bob))
    today = timezone.now().date()

    report = usage(api)

    assert report["from"] == (today - timedelta(days=29)).isoformat()
    assert report["to"] == today.isoformat()
    (row,) = report["results"]
    spent = LedgerEntry.objects.filter(owner=alice).aggregate(sum=Sum("amount"))["sum"]
    assert Decimal(row.pop("cost_usd")) == spent
    assert row == {
        "day": today.isoformat(),
        "simulated": True,
        "saved_usd": "0",
        "routing_saved_usd": "0",
        "runs": 2,
        "charged_runs": 2,
        "llm_calls": 4,
        "input_tokens": 2 * (812 + 1236 + 20),
        "cached_input_tokens": 40,
        "cache_write_tokens": 0,
        "prompt_cache_hit_rate": 0.0097,
        "output_tokens": 2 * 472,
        "reasoning_tokens": 0,
    }


def test_real_and_simulated_dollars_stay_apart(api, alice):
    journal.succeed(RunFactory.create(owner=alice))
    journal.succeed(RunFactory.create(owner=alice, simulated=False))

    rows = usage(api)["results"]

    assert [row["simulated"] for row in rows] == [False, True]
    assert [row["runs"] for row in rows] == [1, 1]


def test_groups_come_in_the_order_asked_for(api, alice):
    journal.succeed(RunFactory.create(owner=alice, pattern="reflection"))
    journal.succeed(RunFactory.create(owner=alice), model="gpt-5-nano")

    report = usage(api, group_by="pattern,model")

    assert report["group_by"] == ["pattern", "model"]
    seen = [
        (row["pattern"], row["model"], row["runs"], row["llm_calls"]) for row in report["results"]
    ]
    # A run counts for the model that was chosen for it, a call for the model that it used.
    assert seen == [
        ("react", "gpt-4.1-mini", 1, 0),
        ("react", "gpt-5-nano", 0, 2),
        ("reflection", "gpt-4.1-mini", 1, 2),
    ]
    assert "day" not in report["results"][0]


def test_savings_are_reported(api, alice):
    run = RunFactory.create(owner=alice)
    Run.objects.filter(pk=run.pk).update(saved_usd=Decimal("0.25"))

    (row,) = usage(api)["results"]

    assert (row["saved_usd"], row["runs"], row["cost_usd"]) == ("0.25", 1, "0")


def test_only_the_days_asked_for(api, alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    yesterday = timezone.now() - timedelta(days=1)
    Run.objects.filter(pk=run.pk).update(created_at=yesterday)
    day = yesterday.date().isoformat()

    (row,) = usage(api, **{"from": day, "to": day})["results"]

    assert (row["day"], row["runs"], row["llm_calls"]) == (day, 1, 0)
    assert row["charged_runs"] == 0
    assert usage(api, **{"from": "2020-01-01", "to": "2020-12-31"})["results"] == []


def test_staff_see_the_site_by_user(api_for, alice, bob, staff):
    journal.succeed(RunFactory.create(owner=alice))
    journal.succeed(RunFactory.create(owner=bob))

    report = usage(api_for(staff), scope="site", group_by="user")

    assert [row["user"] for row in report["results"]] == [alice.email, bob.email]
    assert usage(api_for(staff))["results"] == []


@pytest.mark.parametrize("query", [{"scope": "site"}, {"group_by": "user"}])
def test_a_token_of_staff_sees_the_site_with_the_scope_of_administration(api_for, staff, query):
    lesser = api_for(staff, ["usage:read"]).get("/api/v1/usage/", query)
    assert lesser.status_code == 403
    assert "admin" in lesser.json()["detail"]
    assert api_for(staff, ["usage:read", "admin"]).get("/api/v1/usage/", query).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"group_by": "user"}, "group_by"),
        ({"group_by": "colour"}, "group_by"),
        ({"group_by": "day,,model"}, "group_by"),
        ({"scope": "site"}, "scope"),
        ({"scope": "galaxy"}, "scope"),
        ({"from": "soon"}, "from"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "9999-12-31"}, "from"),
        ({"until": "2026-01-01"}, "until"),
    ],
)
def test_a_bad_question_is_400(api, query, field):
    response = api.get(URL, query)

    assert response.status_code == 400, response.content
    assert list(response.json()["errors"]) == [field]


def test_usage_has_a_scope_of_its_own(api_for, alice):
    assert api_for(alice, [Scope.USAGE_READ]).get(URL).status_code == 200
    assert api_for(alice, [Scope.RUNS_READ]).get(URL).status_code == 403


def test_a_report_costs_three_queries_beside_the_token(api, alice, django_assert_max_num_queries):
    for model in ("gpt-4.1", "gpt-5-mini", "gpt-5-nano"):
        journal.succeed(RunFactory.create(owner=alice), model=model)
    usage(api)  # the token's first use is noted

    with django_assert_max_num_queries(4):
        assert len(usage(api, group_by="day,model,pattern")["results"]) == 4


@pytest.mark.django_db(transaction=True)
def test_a_run_that_ends_while_it_is_read_counts_once(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    sums_read: list[str] = []

    def ending(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if '"runs_ownertally"' in sql and not sums_read:
            sums_read.append(sql)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(on_its_own_connection, lambda: journal.finish(run)).result(60)
        return found

    with connection.execute_wrapper(ending):
        (row,) = usage(api, group_by="pattern")["results"]

    assert sums_read
    assert Run.objects.get(pk=run.pk).ended
    assert row["runs"] == 1
