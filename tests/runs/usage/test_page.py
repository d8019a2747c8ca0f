"""The Usage page: figures that agree with each other and with the ledger."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.staticfiles import finders
from django.db.models import Sum

from billing.models import LedgerEntry, UsageRollup
from billing.services import record_audit
from runs.models import Run
from runs.usage.ranges import before, last_days, month_of
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def spend(owner, *, days_ago: int = 0, simulated: bool = False, **options):
    """A run that was charged so many days ago."""
    run = journal.start(RunFactory.create(owner=owner, simulated=simulated, **options))
    held_at = datetime.now(UTC) - timedelta(days=days_ago)
    journal.buy(run, held_at=held_at, model=run.chosen_model)
    return journal.finish(run)


def test_the_charts_library_is_where_the_page_looks_for_it():
    assert finders.find("vendor/chartjs/chart.umd.min.js")


def test_nothing_spent_has_no_tick_and_says_so(browser):
    html = browser.get("/usage/").content.decode()

    assert "Nothing spent in this range" in html
    assert "Matches ledger" not in html
    assert "chart-data" not in html


def test_groups_and_days_add_up_to_the_total(browser, alice):
    spend(alice, chosen_model="gpt-4.1", pattern="reflection")
    spend(alice, chosen_model="gpt-5-mini", days_ago=1)
    run = spend(alice, days_ago=2)

    context = browser.get("/usage/?days=7").context
    usage = context["usage"]

    total = sum((one.cost_usd for one in alice.runs.all()), Decimal(0))
    assert usage.total.amount == total > run.cost_usd
    assert sum(group.amount for group in usage.by_model) == total
    assert sum(group.amount for group in usage.by_pattern) == total
    assert sum(row[2] for row in context["day_rows"]) == total
    assert usage.total.runs == sum(group.runs for group in usage.by_model) == 3
    assert sum(group.runs for group in usage.by_pattern) == 3
    assert context["dearest"][0].amount == max(r.cost_usd for r in alice.runs.all())


def test_the_dearest_runs_of_all_days_come_first(browser, alice):
    models = ("gpt-5-nano", "gpt-4.1", "gpt-4.1-mini")
    within = [spend(alice, chosen_model=model, days_ago=n) for model in models for n in (0, 3)]
    spend(alice, chosen_model="gpt-4.1", days_ago=40)

    dearest = browser.get("/usage/?days=7").context["dearest"]

    expected = sorted((run.cost_usd for run in within), reverse=True)[:5]
    assert [run.amount for run in dearest] == expected


def test_a_run_counts_once_where_its_first_call_does(browser, alice):
    run = journal.start(RunFactory.create(owner=alice, simulated=False))
    journal.buy(run, held_at=datetime.now(UTC) - timedelta(days=1))
    journal.buy(run, "react/t2/think", model="gpt-4.1")

    usage = browser.get("/usage/?days=7").context["usage"]

    assert (usage.total.runs, usage.total.calls) == (1, 2)
    assert {group.name: group.runs for group in usage.by_model} == {
        run.chosen_model: 1,
        "gpt-4.1": 0,
    }


def test_the_page_and_the_api_count_the_same_runs(browser, api_for, alice):
    spend(alice)
    for _ in range(2):
        RunFactory.create(owner=alice, simulated=False, chosen_model="gpt-4.1")
    today = datetime.now(UTC).date().isoformat()

    response = browser.get("/usage/?days=7")
    query = {"from": today, "to": today, "group_by": "model"}
    rows = api_for(alice).get("/api/v1/usage/", query).json()["results"]

    found = {group.name: group.runs for group in response.context["usage"].by_model}
    assert found == {row["model"]: row["runs"] for row in rows}
    assert found == {"gpt-4.1-mini": 1, "gpt-4.1": 2}
    assert response.context["usage"].total.runs == 3
    # What was only submitted has no colour in the chart.
    assert [one.name for one in response.context["stack"].series] == ["gpt-4.1-mini"]


def test_what_is_too_much_to_add_up_is_left_to_the_audit(browser, alice, monkeypatch):
    spend(alice)
    record_audit()
    monkeypatch.setattr("runs.usage.page.MAX_LINES", 0)

    response = browser.get("/usage/?by=bucket")

    assert response.context["off_by"] is None
    html = response.content.decode()
    assert "daily sums of the whole site against the ledger" in html
    assert "Too many calls to add up at once" in html


def test_the_tick_stands_only_after_the_sums_were_compared(browser, alice):
    spend(alice)
    assert "Matches ledger" in browser.get("/usage/").content.decode()

    UsageRollup.objects.filter(owner=alice).update(amount=Decimal("0.5"))

    html = browser.get("/usage/").content.decode()
    assert "Matches ledger" not in html
    assert "Differs from ledger by" in html


def test_simulated_dollars_are_apart_and_marked(browser, alice):
    real = spend(alice)
    unreal = spend(alice, simulated=True, chosen_model="gpt-4.1")

    first = browser.get("/usage/")
    second = browser.get("/usage/?dollars=simulated")

    assert first.context["usage"].total.amount == real.cost_usd
    assert second.context["usage"].total.amount == unreal.cost_usd
    assert 'class="sim"' not in first.content.decode()
    assert 'class="sim"' in second.content.decode()


def test_only_simulated_dollars_need_no_choice(browser, alice):
    run = spend(alice, simulated=True)

    response = browser.get("/usage/")

    assert response.context["usage"].total.amount == run.cost_usd
    assert 'aria-label="Dollars"' not in response.content.decode()


def test_a_month_has_only_its_own_days(browser, alice):
    spend(alice, days_ago=40)
    month = datetime.now(UTC) - timedelta(days=40)

    assert browser.get("/usage/?days=30").context["usage"].total.calls == 0
    then = browser.get(f"/usage/?month={month:%Y-%m}")
    assert then.context["usage"].total.calls == 1
    assert then.context["off_by"] == 0


@pytest.mark.parametrize(
    "query",
    [
        *("month=nonsense", "month=2199-01", "month=0001-01", "month=1999-12", "month=%00"),
        *("days=9", "days=x", "from=0001-01-01&to=0001-01-02", "from=9999-12-31&to=9999-12-31"),
    ],
)
def test_an_address_that_means_nothing_shows_this_month(browser, query):
    browser.cookies["zone"] = "Asia/Kolkata"
    shown = browser.get(f"/usage/?{query}").context["range"]

    assert shown.first == datetime.now(ZoneInfo("Asia/Kolkata")).date().replace(day=1)
    assert browser.get(f"/usage/usage.csv?{query}").status_code == 200


def test_what_others_spent_is_not_there(browser, bob):
    spend(bob, task="Secret task")

    response = browser.get("/usage/")

    assert response.context["usage"].total.amount == 0
    assert b"Secret task" not in response.content


def test_a_model_keeps_its_colour_in_every_range(browser, alice):
    spend(alice, chosen_model="gpt-5-nano", days_ago=20)
    spend(alice, chosen_model="gpt-4.1", days_ago=19)
    spend(alice, chosen_model="gpt-4.1")
    spend(alice, chosen_model="gpt-5-mini")

    week = browser.get("/usage/?days=7").context["stack"].series
    month = browser.get("/usage/?days=30").context["stack"].series

    assert {one.name: one.colour for one in week} == {"gpt-4.1": "3", "gpt-5-mini": "1"}
    assert {one.name: one.colour for one in month} == {
        "gpt-5-nano": "2",
        "gpt-4.1": "3",
        "gpt-5-mini": "1",
    }


def test_a_sixth_model_joins_the_others_and_nothing_is_lost(browser, alice):
    for model in ("gpt-4.1-mini", "gpt-4.1", "gpt-5-mini", "gpt-5-nano"):
        spend(alice, chosen_model=model)
    day = datetime.now(UTC).date()
    for name in ("model-a", "model-b"):
        UsageRollup.objects.create(
            day=day, owner=alice, model=name, pattern="react", simulated=False,
            amount=Decimal("0.00001"), calls=1, fresh_input_tokens=1, cached_input_tokens=0,
            output_tokens=1, reasoning_tokens=0,
        )  # fmt: skip

    context = browser.get("/usage/").context

    assert len(context["chart"]["series"]) == 5
    assert context["chart"]["series"][-1]["name"] == "2 others"
    assert sum(row[2] for row in context["day_rows"]) == context["usage"].total.amount


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/usage/").status_code == 302


def test_the_number_of_queries_is_constant(browser, alice, django_assert_max_num_queries):
    for model in ("gpt-4.1-mini", "gpt-4.1", "gpt-5-mini"):
        for days_ago in range(4):
            spend(alice, chosen_model=model, days_ago=days_ago)
    with django_assert_max_num_queries(15):
        browser.get("/usage/?days=7")


def test_days_of_choice_are_in_the_url_and_a_wrong_one_is_named(browser, alice):
    spend(alice, days_ago=3)
    day = (datetime.now(UTC) - timedelta(days=3)).date()

    shown = browser.get(f"/usage/?from={day}&to={day}").context
    wrong = browser.get(f"/usage/?from={day}&to={day - timedelta(days=1)}")

    assert (shown["range"].first, shown["range"].last) == (day, day)
    assert shown["usage"].total.amount == alice.runs.get().cost_usd
    assert "Choose 1 to 366 days, the first one first." in wrong.content.decode()
    assert wrong.context["range"].first == datetime.now(UTC).date().replace(day=1)


def test_days_are_of_the_readers_zone(browser, alice):
    zone = ZoneInfo("Pacific/Auckland")
    moment = datetime(2026, 3, 10, 23, 30, tzinfo=zone)
    run = journal.start(RunFactory.create(owner=alice, simulated=False))
    journal.buy(run, held_at=moment)
    browser.cookies["zone"] = "Pacific/Auckland"

    there = browser.get("/usage/?from=2026-03-10&to=2026-03-10").context
    after = browser.get("/usage/?from=2026-03-11&to=2026-03-11").context

    assert there["usage"].total.amount == run.cost_usd
    assert there["off_by"] == 0
    assert after["usage"].total.calls == 0


def test_every_stack_adds_up_to_the_total(browser, alice):
    for model in ("gpt-4.1", "gpt-5-mini"):
        run = journal.start(RunFactory.create(owner=alice, simulated=False, chosen_model=model))
        journal.buy(run, fresh=101, cached=53, written=29, output=97, reasoning=31)
    total = LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"]

    for by in ("model", "pattern", "bucket"):
        context = browser.get(f"/usage/?days=7&by={by}").context
        assert sum(one.amount for one in context["stack"].series) == total
        assert sum(row.total for row in context["stack"].rows) == total
        assert sum(token.amount for token in context["tokens"]) == total
        assert context["off_by"] == 0


def test_a_token_has_its_part(browser, alice):
    token = ApiTokenFactory.create(user=alice, name="nightly")
    mine, its = (
        journal.start(RunFactory.create(owner=alice, simulated=False, api_token=given))
        for given in (None, token)
    )
    journal.buy(mine)
    journal.buy(its, fresh=999)

    response = browser.get("/usage/")

    assert [(one.name, one.amount) for one in response.context["tokens"]] == [
        ("nightly", Run.objects.get(pk=its.pk).cost_usd),
        ("", Run.objects.get(pk=mine.pk).cost_usd),
    ]
    assert "This site, signed in" in response.content.decode()


def test_what_runs_came_to(browser, alice):
    good = spend(alice, session_id="a")
    Run.objects.filter(pk=good.pk).update(feedback=1)
    spend(alice, session_id="b", chosen_model="gpt-4.1")
    failed = journal.start(RunFactory.create(owner=alice, simulated=False))
    journal.buy(failed)
    journal.finish(failed, None, status="failed", stop_reason="error")

    context = browser.get("/usage/").context

    total = context["usage"].total
    assert total.success_percent is not None
    assert round(total.success_percent, 1) == Decimal("66.7")
    assert total.per_success == total.amount / 2
    assert total.per_good == total.amount
    assert context["sessions"].count == 2
    costs = sorted(alice.runs.values_list("cost_usd", flat=True))
    assert context["charged"].median_usd == costs[1]


def test_the_csv_is_what_the_page_shows(browser, alice):
    spend(alice, chosen_model="gpt-4.1")
    spend(alice, days_ago=1)

    response = browser.get("/usage/usage.csv?days=7")
    rows = list(csv.DictReader(StringIO(b"".join(response).decode())))

    assert len(rows) == 2
    assert sum(Decimal(row["cost_usd"]) for row in rows) == sum(
        alice.runs.values_list("cost_usd", flat=True)
    )
    assert {row["model"] for row in rows} == {"gpt-4.1", "gpt-4.1-mini"}


def test_a_month_is_held_against_the_same_days_of_the_last(alice):
    shown = month_of(date(2026, 3, 1))

    part = before(shown, date(2026, 3, 20))
    whole = before(shown, date(2026, 4, 20))
    long = before(shown, date(2026, 3, 30))

    assert (part.first, part.last) == (date(2026, 2, 1), date(2026, 2, 20))
    assert (whole.first, whole.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert long.last == date(2026, 2, 28)
    week = before(last_days(7, date(2026, 3, 20)), date(2026, 3, 20))
    assert (week.first, week.last) == (date(2026, 3, 7), date(2026, 3, 13))


def test_budgets_of_the_site_are_told_apart_by_their_periods(browser):
    for period in ("day", "total"):
        set_budget(100, period=period)
    html = browser.get("/usage/").content.decode()
    assert "Site, today" in html
    assert "Site, in total" in html


@pytest.mark.parametrize("dollars", ["real", "simulated"])
def test_it_takes_few_queries_in_dollars_of_either_kind(
    client_for, alice, dollars, django_assert_max_num_queries
):
    for simulated in (False, True):
        journal.succeed(RunFactory.create(owner=alice, simulated=simulated))
    set_budget(100)
    browser = client_for(alice)
    with django_assert_max_num_queries(15):
        page = browser.get(f"/usage/?dollars={dollars}")
    assert page.context["simulated"] == (dollars == "simulated")
    assert page.context["tightest_budget"].state.simulated
