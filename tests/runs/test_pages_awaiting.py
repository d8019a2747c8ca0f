"""The panel of a run that waits for its owner, on its page and in the inbox, and what it sends."""

import re
from decimal import Decimal

import pytest

from runs.models import Run
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db

CAP = Decimal("0.004")
STEP = "react/t1/tool/1"


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def short(owner, **options) -> Run:
    """A run whose own limit is too low."""
    terms = {"max_cost_usd": CAP, "when_out_of_money": "ask"}
    run = journal.start(RunFactory.create(owner=owner, **terms | options))
    journal.buy(run)
    journal.pause(run, needs=CAP, partial="So far it is **42**.")
    return run


def asking(owner, **options) -> Run:
    """A run that wants to send a mail."""
    run = journal.start(RunFactory.create(owner=owner))
    journal.buy(run)
    journal.ask_for_tool(run, STEP, **options)
    journal.pause(run)
    return run


def page(browser, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_its_page_says_what_it_needs_and_takes_it(browser, alice) -> None:
    run = short(alice)
    html = page(browser, f"/runs/{run.pk}/")
    assert "Needs money" in html
    assert f"Add at least ${run.awaiting['short_usd']}." in html
    assert "So far it is <strong>42</strong>." in html
    sent = {"add_usd": "0.50", "question": run.awaiting["question"], "back": "run"}
    answer = browser.post(f"/runs/{run.pk}/fund/", sent)
    assert answer.url == f"/runs/{run.pk}/"
    run.refresh_from_db()
    assert (run.status, run.max_cost_usd) == (Status.QUEUED, CAP + Decimal("0.5"))


@pytest.mark.parametrize("amount", ["", "x", "0.000001", "-1"])
def test_an_amount_that_does_not_do_is_explained(browser, alice, amount: str) -> None:
    run = short(alice)
    answer = browser.post(
        f"/runs/{run.pk}/fund/", {"add_usd": amount, "back": "inbox"}, follow=True
    )
    assert answer.redirect_chain == [("/inbox/", 302)]
    assert "alert-bad" in answer.content.decode()
    run.refresh_from_db()
    assert run.status == Status.AWAITING_FUNDS


def test_a_short_budget_offers_no_amount(browser, alice) -> None:
    set_budget(CAP, scope="user", user=alice)
    run = short(alice, max_cost_usd=None)
    html = page(browser, f"/runs/{run.pk}/")
    assert "once staff raise that" in html
    assert "data-fund" not in html


def test_the_inbox_has_what_waits_and_only_ones_own(browser, alice, bob) -> None:
    money, approval, other = short(alice), asking(alice), asking(bob)
    html = page(browser, "/inbox/")
    assert html.index(f'id="asks-{money.pk}"') < html.index(f'id="asks-{approval.pk}"')
    assert str(other.pk) not in html
    assert '<span class="count" data-count="waiting" data-word="waiting for you"' in html
    assert page(browser, "/inbox/fragment/").count("data-question=") == 2


def test_an_empty_inbox_says_so(browser) -> None:
    html = page(browser, "/inbox/")
    assert "Nothing waits for you" in html
    assert re.search(r'data-count="waiting"[^>]* hidden', html)


def test_a_call_is_approved_from_the_inbox(browser, alice) -> None:
    run = asking(alice)
    assert "bob@example.org" in page(browser, "/inbox/")
    sent = {"step": STEP, "attempt": "1", "verdict": "approved", "comment": "go", "back": "inbox"}
    assert browser.post(f"/runs/{run.pk}/approve/", sent).url == "/inbox/"
    run.refresh_from_db()
    assert run.status == Status.QUEUED
    assert "Approved: go" in page(browser, f"/runs/{run.pk}/")


def test_a_call_whose_outcome_is_unknown_has_three_answers(browser, alice) -> None:
    html = page(browser, f"/runs/{asking(alice, reason='outcome_unknown', attempt=2).pk}/")
    for verdict in ("took_effect", "approved", "declined"):
        assert f'value="{verdict}"' in html


def test_what_was_decided_meanwhile_is_said(browser, alice) -> None:
    run = asking(alice)
    sent = {"step": STEP, "verdict": "approved", "back": "run"}
    browser.post(f"/runs/{run.pk}/approve/", sent)
    again = browser.post(f"/runs/{run.pk}/approve/", sent | {"verdict": "declined"}, follow=True)
    assert "decided otherwise" in again.content.decode()


@pytest.mark.parametrize("action", ["fund", "approve"])
def test_nobody_answers_for_another(client_for, alice, bob, action: str) -> None:
    run = short(alice)
    assert client_for(bob).post(f"/runs/{run.pk}/{action}/").status_code == 404


def test_staff_give_anyone_s_run_more_money(client_for, alice, staff) -> None:
    run = short(alice)
    before = run.max_cost_usd
    answer = client_for(staff).post(f"/runs/{run.pk}/fund/", {"add_usd": "1"})

    assert answer.url == "/ops/"
    run.refresh_from_db()
    assert (run.status, run.max_cost_usd) == (Status.QUEUED, before + 1)


def test_it_is_cancelled_from_the_inbox_with_what_it_had(browser, alice) -> None:
    run = short(alice)
    assert browser.post(f"/runs/{run.pk}/cancel/", {"back": "inbox"}).url == "/inbox/"
    assert "So far it is" in page(browser, f"/runs/{run.pk}/")


def test_the_list_shows_what_waits(browser, alice) -> None:
    short(alice)
    asking(alice)
    html = page(browser, "/runs/?status=awaiting_funds")
    assert "Waits for more money" in html
    assert "Waits for your approval" not in html


def test_staff_see_how_many_wait(client_for, staff, alice) -> None:
    short(alice)
    assert "1 waits for a person" in page(client_for(staff), "/ops/")


def test_the_composer_asks_what_to_do_without_money(browser, alice) -> None:
    form = {"task": "x", "pattern": "react", "model": "auto", "tools": ["calculator"]}
    sent = form | {"when_out_of_money": "ask", "idempotency_key": "k1"}
    assert browser.post("/", sent).status_code == 302
    run = Run.objects.visible_to(alice).get()
    assert run.when_out_of_money == "ask"
    assert '<option value="ask" selected>' in page(browser, f"/?from={run.pk}")
