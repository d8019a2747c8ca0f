"""What budgets do to a submit over REST, and what the API says of money that is left."""

from decimal import Decimal

import pytest

from accounts.models import ApiToken
from billing.models import BudgetWindow
from runs.models import Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, UserFactory, set_budget

pytestmark = pytest.mark.django_db

RUNS = "/api/v1/runs/"
HEADER = "X-Budget-Remaining-USD"


def submit(client, **body):
    return client.post(RUNS, {"task": "What is 6 times 7?"} | body, format="json")


class TestRefused:
    """402, and nothing is stored, once settled money alone leaves no room."""

    def test_it_names_the_budget_and_its_figures(self, api_for, alice):
        spent = journal.succeed(RunFactory.create(owner=alice)).cost_usd
        limited = set_budget(spent, timezone="Europe/Paris")

        answer = submit(api_for(alice))

        body = answer.json()
        window = BudgetWindow.objects.get(budget=limited, simulated=True)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, body["code"]) == (402, "budget_exceeded")
        assert (body["scope"], body["window"]) == ("site", "month")
        assert body["timezone"] == "Europe/Paris"
        assert Decimal(body["limit_usd"]) == Decimal(body["settled_usd"]) == spent
        assert Decimal(body["held_usd"]) == 0
        assert Decimal(body["requested_usd"]) > 0
        assert body["resets_at"] == f"{window.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        assert answer.headers[HEADER] == "0"
        assert Run.objects.count() == 1

    def test_held_money_alone_refuses_nobody(self, api_for, alice):
        busy = journal.start(RunFactory.create())
        set_budget(journal.cost("gpt-4.1-mini", 2000, 0, 1000) * 20)
        journal.dispatch(busy, max_output_tokens=19_000)
        answer = submit(api_for(alice))
        assert answer.status_code == 202
        assert Decimal(answer.headers[HEADER]) < journal.cost("gpt-4.1-mini", 2000, 0, 1000) * 20

    def test_a_soft_budget_refuses_nobody(self, api_for, alice):
        set_budget(0, hard=False)
        answer = submit(api_for(alice))
        assert answer.status_code == 202
        assert HEADER not in answer.headers

    def test_a_budget_of_another_user_or_token_does_not_apply(self, api_for, alice):
        set_budget(0, scope="user", user=UserFactory.create())
        set_budget(0, scope="token", api_token=ApiTokenFactory.create(user=alice))
        assert submit(api_for(alice)).status_code == 202

    def test_the_budget_of_the_token_that_asks_does(self, client, alice):
        token, key = ApiToken.objects.issue(user=alice, name="own")
        set_budget(0, scope="token", api_token=token)
        answer = client.post(
            RUNS,
            {"task": "x"},
            content_type="application/json",
            headers={"Authorization": f"Token {key}"},
        )
        assert (answer.status_code, answer.json()["scope"]) == (402, "token")

    def test_real_money_does_not_use_up_simulated_money(self, api_for, alice):
        run = journal.start(RunFactory.create(owner=alice, simulated=False))
        journal.buy(run, fresh=2_000_000)
        set_budget(run.cost_usd)
        assert submit(api_for(alice)).status_code == 202

    def test_a_key_that_was_answered_before_still_gives_its_run(self, api_for, alice):
        client = api_for(alice)
        key = {"HTTP_IDEMPOTENCY_KEY": "k"}
        first = client.post(RUNS, {"task": "x"}, format="json", **key)
        set_budget(0)
        again = client.post(RUNS, {"task": "x"}, format="json", **key)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json()["id"] == first.json()["id"]


def test_a_run_that_failed_for_want_of_money_has_the_figures_in_its_error(api_for, alice):
    set_budget("0.0001", scope="user", user=alice, period="day", timezone="Asia/Kolkata")
    run = journal.start(RunFactory.create(owner=alice))
    assert journal.begin(run) == "ended"

    error = api_for(alice).get(f"{RUNS}{run.pk}/").json()["error"]

    assert set(error) == {
        "code", "message", "scope", "window", "timezone", "limit_usd", "settled_usd", "held_usd",
        "requested_usd", "resets_at",
    }  # fmt: skip
    assert (error["code"], error["scope"], error["window"]) == ("budget_exceeded", "user", "day")
    assert (error["limit_usd"], error["timezone"]) == ("0.0001", "Asia/Kolkata")


def test_so_has_one_whose_own_cap_was_too_low(api_for, alice):
    run = journal.start(RunFactory.create(owner=alice, max_cost_usd=Decimal("0.0001")))
    assert journal.begin(run) == "ended"
    error = api_for(alice).get(f"{RUNS}{run.pk}/").json()["error"]
    assert (error["scope"], error["limit_usd"], error["resets_at"]) == ("run", "0.0001", None)


class TestRemaining:
    """`X-Budget-Remaining-USD`: the tightest hard budget that applies."""

    def test_it_is_on_submits_and_reads(self, api_for, alice):
        set_budget(50)
        set_budget(3, scope="user", user=alice)
        set_budget(1, scope="user", user=alice, hard=False)
        client = api_for(alice)
        made = submit(client)
        read = client.get(f"{RUNS}{made.json()['id']}/")
        assert (made.headers[HEADER], read.headers[HEADER]) == ("3", "3")

    def test_what_is_settled_and_held_is_taken_off(self, api_for, alice):
        set_budget(1)
        run = journal.start(RunFactory.create(owner=alice))
        journal.buy(run)
        journal.dispatch(run, "react/t2/think")
        left = api_for(alice).get(f"{RUNS}{run.pk}/").headers[HEADER]
        assert Decimal(left) == 1 - run.cost_usd - run.held_usd

    def test_without_a_hard_budget_there_is_none(self, api_for, alice):
        client = api_for(alice)
        made = submit(client)
        assert HEADER not in made.headers
        assert HEADER not in client.get(f"{RUNS}{made.json()['id']}/").headers


def test_cost_events_say_what_is_left(alice):
    set_budget(1)
    set_budget("0.5", scope="user", user=alice)
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    (event,) = run.events.filter(type="cost")
    assert Decimal(event.data["budget_remaining_usd"]) == Decimal("0.5") - run.cost_usd


def test_without_a_budget_cost_events_leave_it_open(alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    assert run.events.get(type="cost").data["budget_remaining_usd"] is None


def test_a_closing_call_that_cost_nothing_still_says_what_is_left(alice):
    set_budget(1)
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    journal.fail(run, journal.dispatch(run, "react/close/budget", closing=True))
    event = run.events.filter(type="cost").latest("seq")
    assert Decimal(event.data["budget_remaining_usd"]) == 1 - run.held_usd


@pytest.mark.parametrize("cap", ["0", "0.0", "100001", "0.0000000000001", "-0.1"])
def test_a_cost_limit_has_to_make_sense(api_for, alice, cap):
    answer = submit(api_for(alice), max_cost_usd=cap)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "max_cost_usd" in answer.json()["errors"]


@pytest.mark.parametrize("cap", ["0.000000000001", "0.20", "100000", None])
def test_and_is_kept_to_the_last_digit(api_for, alice, cap):
    shown = submit(api_for(alice), max_cost_usd=cap).json()["max_cost_usd"]
    assert (shown and Decimal(shown)) == (cap and Decimal(cap))
