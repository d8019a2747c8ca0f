"""What the composer and the run page say of money: refused, limited, waiting, used up."""

import re
from decimal import Decimal

import pytest

from runs.models import Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget
from web.wording import dollars

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page(browser, run) -> str:
    return words(browser.get(f"/runs/{run.pk}/").content.decode())


def fields(**changes) -> dict[str, str]:
    return {
        "task": "What is 6 times 7?",
        "pattern": "react",
        "model": "auto",
        "tools": "calculator",
        "idempotency_key": "k",
    } | changes


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


class TestComposer:
    """The cost limit, what is left, and the refusal."""

    def test_the_cost_limit_reaches_the_run(self, browser):
        browser.post("/", fields(max_cost_usd="0.20"))
        assert Run.objects.get().max_cost_usd == Decimal("0.20")
        assert (
            "When it is reached, the run stops and answers with what it has."
            in browser.get("/").content.decode()
        )

    @pytest.mark.parametrize("limit", ["0", "-1", "x", "1000000"])
    def test_a_wrong_one_stands_under_its_field(self, browser, limit):
        answer = browser.post("/", fields(max_cost_usd=limit))
        assert answer.status_code == 422
        assert 'id="id_max_cost_usd_error"' in answer.content.decode()

    def test_rerun_fills_it_in(self, browser, alice):
        run = RunFactory.create(owner=alice, max_cost_usd=Decimal("0.05"))
        assert 'value="0.05"' in browser.get(f"/?from={run.pk}").content.decode()

    def test_the_strip_says_what_is_left(self, browser):
        assert "This month" not in browser.get("/").content.decode()
        set_budget(25)
        assert "This month, site $25.00 of $25.00 left" in words(browser.get("/").content.decode())

    def test_without_script_a_page_explains_the_refusal(self, browser, alice):
        cost = journal.succeed(RunFactory.create(owner=alice)).cost_usd
        set_budget(cost, timezone="Asia/Kolkata")

        answer = browser.post("/", fields())

        text = words(answer.content.decode())
        assert answer.status_code == 402
        assert f"The site’s monthly budget of {dollars(cost)} is used up." in text
        for part in ("Limit", "Settled", "Held by other runs", "Left", "Requested", "Short by"):
            assert part in text
        assert "Asia/Kolkata" in text
        assert "budget_exceeded" in text
        assert Run.objects.count() == 1

    def test_and_leads_back_to_the_form_as_it_was(self, browser):
        set_budget(0)
        html = browser.post("/", fields(max_cost_usd="0.05")).content.decode()
        kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
        kept.pop("csrfmiddlewaretoken", None)
        back = browser.post("/", kept | {"edit": "1"})
        assert back.status_code == 200
        assert "What is 6 times 7?" in back.content.decode()
        assert 'value="0.05"' in back.content.decode()
        assert not Run.objects.exists()

    def test_with_script_the_strip_of_the_form_says_it(self, browser):
        set_budget(0)
        answer = browser.post("/", fields(script="true"))
        html = answer.content.decode()
        assert answer.status_code == 402
        assert "The site’s monthly budget of $0.00 is used up." in html
        assert 'href="#refused"' in html
        assert '<dialog class="dialog" id="refused"' in html
        assert "What is 6 times 7?" in html


class TestRunPage:
    """Budgets that applied, the run's cap, and the proof."""

    def test_no_limit_says_so(self, browser, alice):
        assert "No budget limits this run" in page(browser, RunFactory.create(owner=alice))

    def test_cap_and_budgets_while_it_runs(self, browser, alice):
        token = ApiTokenFactory.create(user=alice, name="CI")
        set_budget(1, scope="user", user=alice, period="day")
        set_budget(2, scope="token", api_token=token)
        set_budget(3, scope="token", api_token=ApiTokenFactory.create(user=alice, name="Other"))
        run = RunFactory.create(owner=alice, api_token=token, max_cost_usd=Decimal("0.05"))
        assert "Token “CI”" in page(browser, run)
        journal.buy(journal.start(run))
        journal.dispatch(run, "react/t2/think")

        text = page(browser, run)

        left = Decimal("0.05") - run.cost_usd - run.held_usd
        assert f"This run ${left:.4f} left" in text
        assert "Today hard" in text
        assert "Token “CI” hard" in text
        assert "Token “Other”" not in text
        assert "Equals what the budget settled" not in text

    def test_the_proof_is_made_when_it_has_ended(self, browser, alice):
        one = set_budget(1, scope="user", user=alice)
        run = journal.succeed(RunFactory.create(owner=alice))
        assert "Equals what the budget settled" in page(browser, run)
        one.windows.filter(simulated=True).update(settled_usd=5)
        assert "Differs from what the budget settled by" in page(browser, run)

    def test_a_budget_that_came_later_proves_nothing(self, browser, alice):
        run = journal.start(RunFactory.create(owner=alice))
        journal.buy(run)
        set_budget(1, scope="user", user=alice)
        journal.buy(run, "react/t2/think")
        journal.finish(run)
        assert "what the budget settled" not in page(browser, run)

    def test_a_run_that_waits_for_money_says_so(self, browser, alice):
        set_budget(journal.cost("gpt-4.1-mini", 2000, 0, 1000))
        busy = journal.start(RunFactory.create())
        journal.dispatch(busy)
        run = journal.start(RunFactory.create(owner=alice))
        assert journal.begin(run) == "queued"

        text = page(browser, run)
        listed = words(browser.get("/runs/").content.decode())

        assert "Waiting for money" in text
        assert "is free" in text
        assert "Waits for money" in listed

    @pytest.mark.parametrize(
        ("limit", "said"),
        [
            (
                {"scope": "run", "limit_usd": "0.02"},
                "This run’s cost limit of $0.02 was reached, so it stopped buying and answered "
                "with what it had. It cost $0.0007. Rerun it with a higher cost limit",
            ),
            (
                {
                    "scope": "user",
                    "window": "day",
                    "limit_usd": "0.5",
                    "timezone": "Asia/Kolkata",
                    "resets_at": "2026-11-20T18:30:00Z",
                },
                "Your daily budget of $0.50 was reached, so it stopped buying and answered "
                "with what it had. It cost $0.0007. Rerun it after the budget resets on 21 Nov, "
                "00:00 (Asia/Kolkata), or ask staff",
            ),
            (
                {"scope": "site", "window": "total", "limit_usd": "5", "resets_at": None},
                "The site’s total budget of $5.00 was reached",
            ),
        ],
    )
    def test_a_soft_landing_names_the_limit_and_what_to_do(self, browser, alice, limit, said):
        run = journal.start(RunFactory.create(owner=alice))
        journal.buy(run)
        journal.emit(run, "notice", code="out_of_money", message="Stopped buying.", **limit)
        journal.finish(run, "So far.", answer_kind="best_effort", stop_reason="budget")
        text = page(browser, run)
        assert said in text
        assert "Best effort incomplete" in text
        assert "Stopped buying." in text

    def test_one_without_figures_still_says_what_happened(self, browser, alice):
        run = journal.start(RunFactory.create(owner=alice))
        journal.finish(run, "So far.", answer_kind="best_effort", stop_reason="budget")
        assert "The end of the money set aside for it was reached" in page(browser, run)

    def test_a_run_that_could_not_be_paid_for_says_what_to_do(self, browser, alice):
        set_budget("0.0001", scope="user", user=alice, period="total")
        run = journal.start(RunFactory.create(owner=alice))
        journal.begin(run)
        text = page(browser, run)
        assert "Your total budget of $0.0001 has $0.0001 left, too little to start" in text
        assert re.search(r"its first and its last call may cost \$0\.\d+\.", text)
        assert "Ask staff for a higher limit" in text
        assert "No budget limits this run" not in text


def test_a_budget_in_other_dollars_than_the_frames_says_so(browser, alice, settings):
    """After a real provider was configured, an old run's page has two figures of one budget."""
    set_budget(150)
    run = journal.succeed(RunFactory.create(owner=alice))
    assert "simulated dollars" not in page(browser, run)
    settings.SIMULATED = False
    shown = page(browser, run)
    assert "$150.00 left of $150" in shown
    assert "simulated dollars" in shown
