"""Money in doubt: staff resolve it once, the books stay right, exact usage still supersedes it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from accounts.models import User
from billing.errors import NotInDoubt
from billing.models import BudgetWindow, Confidence, LedgerEntry, UsageRollup
from billing.services import create_budget
from runs.errors import InvalidSubmission
from runs.models import Run
from runs.operations.selectors.site import site_state
from runs.services import KnownUsage, resolve_doubt
from tests import journal
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
MOST = journal.cost("gpt-4.1-mini", 2000, 0, 1000)


@pytest.fixture
def lost(alice: User) -> tuple[Run, int, int]:
    """A run whose worker died in mid-call; its hold, and the epoch of the dead worker."""
    create_budget(scope="user", period="month", limit_usd=Decimal(1), user=alice)
    run = journal.start(RunFactory.create(owner=alice))
    hold, epoch = journal.dispatch(run), run.epoch
    journal.lose_worker(run)
    return run, hold, epoch


def doubt() -> LedgerEntry:
    return LedgerEntry.objects.get(confidence=Confidence.IN_DOUBT, reverses=None, reversed_by=None)


def resolve(staff: User, known: KnownUsage | Decimal) -> Decimal:
    return resolve_doubt(entry=doubt(), by=staff, reason="the provider's page", known=known)


def arrives(lost: tuple[Run, int, int], **usage: Any) -> None:
    """The dead worker turns out to live: its exact usage comes in under its old epoch."""
    run, hold, epoch = lost
    run.refresh_from_db()
    run.epoch = epoch
    journal.settle(run, hold, **usage)


def window() -> BudgetWindow:
    return BudgetWindow.objects.get(simulated=True)


def test_the_line_is_reversed_and_another_takes_its_place(lost, staff):
    amount = resolve(staff, KnownUsage(900, 100, 0, 200))
    run = Run.objects.get()

    lines = list(LedgerEntry.objects.order_by("id"))
    assert amount == journal.cost("gpt-4.1-mini", 900, 100, 200)
    assert [line.amount for line in lines] == [MOST, -MOST, amount]
    assert [line.confidence for line in lines] == ["in_doubt", "in_doubt", "estimated"]
    assert (run.cost_usd, run.in_doubt_usd, run.estimated_usd) == (amount, 0, amount)
    assert (run.input_tokens, run.cached_input_tokens, run.output_tokens) == (1000, 100, 200)
    assert (window().settled_usd, window().held_usd) == (amount, 0)
    assert UsageRollup.objects.get().amount == amount
    assert UsageRollup.objects.get().calls == 1
    step = run.steps.get()
    assert (step.cost_usd, step.confidence, step.status) == (amount, "estimated", "in_doubt")


def test_the_decision_is_in_the_log_and_on_the_step(lost, staff):
    entry = doubt()
    amount = resolve(staff, Decimal(0))
    logged = LogEntry.objects.get()
    assert (logged.user_id, logged.object_id) == (staff.pk, str(entry.pk))
    assert amount == 0
    assert "the provider's page" in logged.get_change_message()
    error = Run.objects.get().steps.get().error or {}
    assert error["code"] == "in_doubt"
    assert error["message"].endswith("Staff settled it at $0: the provider's page")


@pytest.mark.parametrize("asked", ["0", "0.000000000001", "0.0004", "0.00080001", "0.0024"])
def test_an_amount_is_rounded_up_to_whole_tokens(lost, staff, asked):
    amount = resolve(staff, Decimal(asked))
    token = Decimal("1.60") / 1_000_000
    assert Decimal(asked) <= amount < Decimal(asked) + token
    assert Run.objects.get().cost_usd == amount


@pytest.mark.parametrize("asked", ["-1", "0.00240001", "NaN", "Infinity"])
def test_more_than_was_held_and_less_than_nothing_are_refused(lost, staff, asked):
    with pytest.raises(InvalidSubmission):
        resolve(staff, Decimal(asked))
    assert LedgerEntry.objects.count() == 1


def test_negative_tokens_are_refused(lost, staff):
    with pytest.raises(InvalidSubmission):
        resolve(staff, KnownUsage(-1, 0, 0, 0))


def test_twice_is_a_no_op(lost, staff):
    entry = doubt()
    resolve_doubt(entry=entry, by=staff, reason="a", known=Decimal("0.001"))
    with pytest.raises(NotInDoubt):
        resolve_doubt(entry=entry, by=staff, reason="b", known=Decimal("0.002"))
    assert (LedgerEntry.objects.count(), LogEntry.objects.count()) == (3, 1)


def test_only_a_line_in_doubt_can_be_resolved(alice, staff):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    with pytest.raises(NotInDoubt):
        resolve_doubt(entry=LedgerEntry.objects.get(), by=staff, reason="x", known=Decimal(0))


class TestExactUsage:
    """What the provider says in the end is the truth, whoever spoke before."""

    def test_it_supersedes_the_resolution(self, lost, staff):
        resolve(staff, Decimal("0.001"))
        arrives(lost, fresh=700, cached=50, output=90)

        run = Run.objects.get()
        exact = journal.cost("gpt-4.1-mini", 700, 50, 90)
        assert (run.cost_usd, run.in_doubt_usd, run.estimated_usd) == (exact, 0, 0)
        assert (run.input_tokens, run.output_tokens) == (750, 90)
        assert window().settled_usd == exact
        assert LedgerEntry.objects.count() == 5
        assert UsageRollup.objects.get().calls == 1
        assert run.steps.get().confidence == "exact"

    def test_twice_is_a_no_op(self, lost, staff):
        resolve(staff, Decimal("0.001"))
        arrives(lost, fresh=700, output=90)
        arrives(lost, fresh=1, output=1)
        assert Run.objects.get().cost_usd == journal.cost("gpt-4.1-mini", 700, 0, 90)
        assert LedgerEntry.objects.count() == 5

    def test_it_leaves_nothing_to_resolve(self, lost, staff):
        entry = doubt()
        arrives(lost, fresh=700, output=90)
        with pytest.raises(NotInDoubt):
            resolve_doubt(entry=entry, by=staff, reason="late", known=Decimal(0))
        assert LedgerEntry.objects.count() == 3

    def test_an_estimate_of_ours_does_not_supersede_staff(self, lost, staff):
        amount = resolve(staff, Decimal("0.001"))
        arrives(lost, fresh=700, output=90, confidence="estimated")
        assert Run.objects.get().cost_usd == amount

    def test_it_may_come_after_the_run_has_ended(self, lost, staff):
        run, _, _ = lost
        journal.start(run)
        journal.buy(run, attempt=2)
        journal.finish(run)
        seq = run.last_seq
        resolve(staff, Decimal("0.001"))
        arrives(lost, fresh=700, output=90)
        run.refresh_from_db()
        assert run.last_seq == seq, "run.finished stays the last event"
        assert run.cost_usd == sum(line.amount for line in LedgerEntry.objects.all())


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_resolve_it_once(lost, staff):
    entry = doubt()

    def attempt(amount: str) -> bool:
        try:
            resolve_doubt(entry=entry, by=staff, reason=amount, known=Decimal(amount))
        except NotInDoubt:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, ["0.0001", "0.0002", "0.0003", "0.0004"]))

    assert sorted(outcomes) == [False, False, False, True]
    assert (LedgerEntry.objects.count(), LogEntry.objects.count()) == (3, 1)


class TestPage:
    """Operations lists what is in doubt, with why; a form resolves it."""

    def address(self) -> str:
        return f"/ops/doubt/{doubt().pk}/"

    def test_it_is_listed_with_its_reason(self, lost, staff, client_for):
        html = client_for(staff).get("/ops/").content.decode()
        assert "The worker stopped in mid-call." in html
        assert self.address() in html

    def test_others_find_no_such_page(self, lost, client_for, alice):
        client = client_for(alice)
        assert client.get(self.address()).status_code == 404
        assert client.post(self.address(), {"amount_usd": "0", "reason": "x"}).status_code == 404
        assert doubt().amount == MOST

    @pytest.mark.parametrize(
        "fields",
        [
            {"amount_usd": "0.001", "reason": "bill"},
            {"fresh_input_tokens": "1000", "output_tokens": "300", "reason": "bill"},
        ],
    )
    def test_staff_resolve_it(self, lost, staff, client_for: Callable[[User], Client], fields):
        answer = client_for(staff).post(self.address(), fields, follow=True)
        assert "Resolved at $0.00" in answer.content.decode()
        assert site_state().in_doubt.count == 0

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"amount_usd": "1", "reason": "bill"}, "which was held"),
            ({"reason": "bill"}, "one of the two"),
            ({"amount_usd": "0", "output_tokens": "1", "reason": "bill"}, "one of the two"),
            ({"amount_usd": "0"}, "This field is required"),
        ],
    )
    def test_mistakes_stand_in_the_form(self, lost, staff, client_for, fields, said):
        answer = client_for(staff).post(self.address(), fields)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert doubt().amount == MOST

    def test_a_second_visitor_hears_that_it_is_over(self, lost, staff, client_for):
        address = self.address()
        resolve(staff, Decimal(0))
        answer = client_for(staff).post(address, {"amount_usd": "0", "reason": "x"}, follow=True)
        assert "no longer in doubt" in answer.content.decode()

    def test_the_runs_page_and_ledger_show_it(self, lost, staff, client_for, api_for, alice):
        amount = resolve(staff, KnownUsage(900, 0, 0, 200))
        run = Run.objects.get()
        html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
        ledger = api_for(alice).get(f"/api/v1/runs/{run.pk}/ledger/").json()
        assert "Staff settled it at" in html
        assert "1 estimated" in html
        assert sum(Decimal(line["amount_usd"]) for line in ledger["results"]) == amount
        assert {line["confidence"] for line in ledger["results"]} == {"in_doubt", "estimated"}
        assert any(line["reverses"] for line in ledger["results"])
