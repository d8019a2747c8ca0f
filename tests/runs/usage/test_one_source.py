"""Every explained amount of every page, and of the API, is a sum of the ledger's own lines."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

import pytest

from billing.bill import bill_lines
from billing.models import Hold, LedgerEntry
from billing.templatetags.money import usd_exact
from runs.models import Run
from runs.presenters.reasons import reasons
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
MONEY = re.compile(
    r'<span class="money">(?P<head>[^<]*)(?:<span class="tail">(?P<tail>\d*)</span>)?'
)
# What lines are summed up by, each with each.
PARTS = ("run_id", "model", "pattern", "api_token_id", "confidence", "simulated")


def amounts(html: str) -> list[Decimal]:
    """All amounts that a page gives to the last digit."""
    found = [match["head"] + (match["tail"] or "") for match in MONEY.finditer(html)]
    return [Decimal(text.replace("−", "-").replace("$", "").replace(",", "")) for text in found]


def sums(lines: Iterable[LedgerEntry]) -> set[Decimal]:
    """Every sum of lines that are alike in some of `PARTS`, reversals apart and together."""
    found: dict[tuple[object, ...], Decimal] = {}
    for line in lines:
        of_line = [("all", getattr(line, part)) for part in PARTS]
        for key in product(*of_line, ("all", bool(line.reverses_id))):
            found[key] = found.get(key, Decimal(0)) + line.amount
    return {amount.normalize() for amount in found.values()}


@pytest.fixture
def odd(alice):
    """Runs of every odd kind; the last one waits for the outcome of a call."""
    token = ApiTokenFactory.create(user=alice)
    for simulated in (False, True):
        plain = {"owner": alice, "simulated": simulated}
        journal.succeed(RunFactory.create(**plain, api_token=token), cached=53, reasoning=17)
        free = journal.finish(journal.start(RunFactory.create(**plain)))
        Run.objects.filter(pk=free.pk).update(saved_usd=Decimal("0.0123"))
        corrected = journal.start(RunFactory.create(**plain, pattern="reflection"))
        hold = journal.dispatch(corrected, "reflection/draft")
        journal.settle(corrected, hold, confidence="in_doubt", output=999)
        journal.settle(corrected, hold, output=101)
        journal.finish(corrected)
        gone = journal.start(RunFactory.create(**plain, chosen_model="gpt-5-nano"))
        journal.buy(gone, model="gpt-5-nano", written=29)
        journal.finish(gone)
        Run.objects.filter(pk=gone.pk).delete()
        failed = journal.start(RunFactory.create(**plain, chosen_model="gpt-4.1"))
        journal.fail(failed, journal.dispatch(failed, "react/t1/think"))
        journal.buy(failed, "react/t2/think", confidence="estimated")
        journal.finish(failed, None, status="failed", stop_reason="error")
        doubtful = journal.start(RunFactory.create(**plain))
        journal.settle(doubtful, journal.dispatch(doubtful), confidence="in_doubt")
        journal.finish(doubtful, None, status="failed", stop_reason="error")


def test_every_page_shows_sums_of_the_ledger(client_for, alice, bob, odd):
    journal.succeed(RunFactory.create(owner=bob, simulated=False), cached=777)
    browser = client_for(alice)
    lines = list(LedgerEntry.objects.filter(owner=alice))
    known = sums(lines) | {line.amount.normalize() for line in bill_lines(lines)} | {Decimal(0)}
    for run in alice.runs.all():
        of_run = [line for line in lines if line.run_id == run.pk]
        known |= {line.amount.normalize() for line in bill_lines(of_run)}
        parts = [reason.amount for reason in reasons(of_run, list(run.steps.all()))]
        assert sum(parts) == sum(line.amount for line in of_run)
        known |= {part.normalize() for part in parts}
        for step in {line.step_key for line in of_run}:
            of_step = [line for line in of_run if line.step_key == step]
            known |= sums(of_step) | {line.amount.normalize() for line in bill_lines(of_step)}
    # The list of runs has no deleted ones.
    kept = set(alice.runs.values_list("pk", flat=True))
    known |= sums(line for line in lines if line.run_id in kept)
    known |= {run.saved_usd.normalize() for run in alice.runs.all()}
    month = f"{datetime.now(UTC):%Y-%m}"
    pages = [
        *("/usage/", "/usage/?by=bucket", "/usage/?dollars=simulated"),
        *("/runs/", "/budgets/", f"/invoices/{month}/", "/"),
        *(f"/runs/{pk}/" for pk in alice.runs.values_list("pk", flat=True)),
    ]

    strange = {}
    seen = 0
    for page in pages:
        response = browser.get(page)
        assert response.status_code == 200, page
        shown = amounts(response.content.decode())
        seen += len(shown)
        if unknown := [amount for amount in shown if amount.normalize() not in known]:
            strange[page] = unknown

    assert strange == {}
    assert seen > 50


def test_the_totals_of_all_pages_and_of_the_api_are_one(client_for, api_for, alice, odd):
    browser, api = client_for(alice), api_for(alice)
    month = f"{datetime.now(UTC):%Y-%m}"
    for simulated in (False, True):
        lines = LedgerEntry.objects.filter(owner=alice, simulated=simulated)
        total = sum((line.amount for line in lines), Decimal(0))
        kept = sum((run.cost_usd for run in alice.runs.filter(simulated=simulated)), Decimal(0))
        deleted = total - kept
        kind = "simulated" if simulated else ""

        usage = browser.get(f"/usage/?dollars={kind}").context
        assert usage["usage"].total.amount == total
        assert usage["off_by"] == 0
        reports = [api.get("/api/v1/usage/", {"group_by": by}).json() for by in ("day", "model")]
        for report in reports:
            rows = [row for row in report["results"] if row["simulated"] == simulated]
            assert sum(Decimal(row["cost_usd"]) for row in rows) == total
        bill = browser.get(f"/invoices/{month}/?dollars={kind}").content.decode()
        assert str(usd_exact(total)) in bill
        listed = browser.get("/runs/").context["sums"]
        assert (listed.simulated_usd if simulated else listed.cost_usd) == kept
        assert deleted > 0
    assert not Hold.objects.filter(owner=alice, state__in=("held", "dispatched")).exists()
