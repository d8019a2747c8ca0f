"""The export holds to FOCUS 1.2, and its costs add up to the ledger's."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from rest_framework.test import APIClient

from accounts.models import Scope, User
from billing.focus import selectors
from billing.focus.columns import COLUMNS, TEXTS, BillingAccount, focus_rows
from billing.models import LedgerEntry
from runs.services.doubt import KnownUsage, resolve_doubt
from tests import journal
from tests.factories import RunFactory
from web.csv_lines import csv_lines

pytestmark = pytest.mark.django_db

URL = "/api/v1/usage/focus.csv"
DAYS = {"from": "2026-03-01", "to": "2026-03-31", "dollars": "simulated"}
# Of the specification's columns for cost and usage: those that every dataset has, and those that
# it has of a provider with list prices, accounts in accounts, tags and resources.
MANDATORY = {
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd",
    "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory",
    "ServiceName",
}  # fmt: skip
CONDITIONAL = {
    "BillingAccountType", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "ResourceId", "ResourceName",
    "ResourceType", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType", "Tags",
}  # fmt: skip
RECOMMENDED = {"ChargeFrequency", "InvoiceId", "ServiceSubcategory"}
MAY_BE_NULL = {"ChargeClass", "InvoiceId", "ResourceName", "SkuPriceDetails"}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NUMBERS = {
    "BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity",
    "ConsumedQuantity", "ContractedUnitPrice", "ListUnitPrice",
}  # fmt: skip
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"AI and Machine Learning"},
    "ServiceSubcategory": {"Generative AI"},
    "BillingCurrency": {"USD"},
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def entries(alice: User, staff: User) -> list[LedgerEntry]:
    """Calls of every kind: cached and written input, an estimate, a doubt that was resolved."""
    run = journal.start(RunFactory.create(owner=alice))
    held_at = datetime(2026, 3, 15, 23, 59, tzinfo=UTC)
    hold = journal.dispatch(run, held_at=held_at)
    journal.settle(run, hold, fresh=1001, cached=64, written=16, output=333, reasoning=111)
    hold = journal.dispatch(run, "react/t2/think", held_at=held_at)
    journal.settle(run, hold, confidence="estimated")
    journal.dispatch(run, "react/t3/think", held_at=held_at)
    journal.lose_worker(run)
    doubtful = LedgerEntry.objects.get(confidence="in_doubt")
    resolve_doubt(entry=doubtful, known=KnownUsage(0, 0, 0, 1), reason="Seen.", by=staff)
    return list(LedgerEntry.objects.order_by("pk"))


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def rows(
    entries: list[LedgerEntry], alice: User, api_for: Callable[..., APIClient]
) -> list[dict[str, str]]:
    return rows_of(api_for(alice).get(URL, DAYS))


def test_it_has_the_columns_of_the_specification(rows: list[dict[str, str]]) -> None:
    columns = set(rows[0])

    assert columns >= MANDATORY | CONDITIONAL | RECOMMENDED
    own = columns - MANDATORY - CONDITIONAL - RECOMMENDED
    assert own
    assert all(name.startswith("x_") for name in own)


def test_values_are_of_their_kind(rows: list[dict[str, str]]) -> None:
    for row in rows:
        empty = {name for name, value in row.items() if not value and not name.startswith("x_")}
        assert empty <= MAY_BE_NULL
        assert all(NUMBER.fullmatch(row[name]) for name in NUMBERS)
        assert {name for name, allowed in ALLOWED.items() if row[name] not in allowed} == set()
        for name in ("BillingPeriod", "ChargePeriod"):
            start, end = row[f"{name}Start"], row[f"{name}End"]
            assert MOMENT.fullmatch(start)
            assert MOMENT.fullmatch(end)
            assert start < end
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"]
        assert row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
        assert all(isinstance(value, str) for value in json.loads(row["Tags"]).values())


def test_quantity_times_price_is_the_cost_exactly(rows: list[dict[str, str]]) -> None:
    for row in rows:
        quantity, price = Decimal(row["PricingQuantity"]), Decimal(row["ListUnitPrice"])
        assert price >= 0
        assert quantity * price == Decimal(row["ListCost"]) == Decimal(row["BilledCost"])
        assert quantity * 1_000_000 == Decimal(row["ConsumedQuantity"])
        assert (row["PricingUnit"], row["ConsumedUnit"]) == ("1000000 Tokens", "Tokens")
    parents: dict[str, set[str]] = {}
    for row in rows:
        parents.setdefault(row["SkuPriceId"], set()).add(row["SkuId"])
    assert all(len(skus) == 1 for skus in parents.values())


def test_costs_add_up_to_each_line_of_the_ledger(
    rows: list[dict[str, str]], entries: list[LedgerEntry]
) -> None:
    sums: dict[int, Decimal] = {}
    for row in rows:
        line = int(row["x_LedgerLineId"])
        sums[line] = sums.get(line, Decimal(0)) + Decimal(row["BilledCost"])

    assert sums == {entry.pk: entry.amount for entry in entries}


def test_what_was_taken_back_after_the_period_is_a_correction(
    rows: list[dict[str, str]], entries: list[LedgerEntry]
) -> None:
    reversal = next(entry for entry in entries if entry.reverses_id)
    corrections = {row["x_LedgerLineId"] for row in rows if row["ChargeClass"] == "Correction"}

    assert corrections == {str(reversal.pk)}
    assert {row["x_Confidence"] for row in rows} == {"exact", "estimated", "in_doubt"}
    output = next(row for row in rows if row["SkuMeter"] == "Output Tokens")
    assert output["x_ReasoningTokens"] == "111"


def test_only_the_days_and_dollars_that_were_asked_for(
    entries: list[LedgerEntry], alice: User, bob: User, api_for: Callable[..., APIClient]
) -> None:
    for query in ({"dollars": "real"}, {"from": "2026-03-16"}, {"to": "2026-03-14"}):
        assert rows_of(api_for(alice).get(URL, {**DAYS, **query})) == []
    assert rows_of(api_for(bob).get(URL, DAYS)) == []


@pytest.mark.parametrize(
    "query", [{"from": ""}, {"from": "2026-04-01"}, {"to": "x"}, {"scope": "site"}, {"scope": "x"}]
)
def test_a_bad_question_is_told(
    alice: User, query: dict[str, str], api_for: Callable[..., APIClient]
) -> None:
    assert api_for(alice).get(URL, {**DAYS, **query}).status_code == 400


def test_staff_export_the_site(
    entries: list[LedgerEntry], staff: User, api_for: Callable[..., APIClient]
) -> None:
    site = {**DAYS, "scope": "site"}

    paid = sum(Decimal(row["BilledCost"]) for row in rows_of(api_for(staff).get(URL, site)))

    assert paid == LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"]
    assert api_for(staff, [Scope.USAGE_READ]).get(URL, site).status_code == 403


def test_the_command_writes_the_same(
    entries: list[LedgerEntry], alice: User, rows: list[dict[str, str]], tmp_path: Path
) -> None:
    out, file = StringIO(), tmp_path / "focus.csv"
    span = ["--from", "2026-03-01", "--to", "2026-03-31", "--simulated"]
    call_command("export_focus", *span, "--user", alice.email, stdout=out)
    call_command("export_focus", *span, "--out", str(file), stdout=StringIO())

    printed = list(csv.DictReader(StringIO(out.getvalue(), newline="")))
    assert [row["BilledCost"] for row in printed] == [row["BilledCost"] for row in rows]
    assert file.read_text() == out.getvalue().replace("\r\n", "\n")
    with pytest.raises(CommandError, match="is no day"):
        call_command("export_focus", "--from", "yesterday", "--to", "2026-03-31")


def test_lines_are_read_in_batches(
    entries: list[LedgerEntry], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {
        "first": date(2026, 3, 1), "last": date(2026, 3, 31), "owner": alice, "simulated": True,
        "account": BillingAccount("site"),
    }  # fmt: skip
    whole = list(selectors.focus_csv(**asked))
    monkeypatch.setattr(selectors, "LINES_AT_A_TIME", 1)

    assert list(selectors.focus_csv(**asked)) == whole


def test_no_cell_is_a_formula_to_a_spreadsheet(entries: list[LedgerEntry]) -> None:
    """Whatever providers, packages, people and the request's own name say."""
    evil = "=HYPERLINK(1)"
    for entry in entries:
        for name in ("provider", "model", "pattern", "step_key", "price_source"):
            setattr(entry, name, evil)
        entry.owner.email = evil
    rows = [row for entry in entries for row in focus_rows(entry, BillingAccount(evil))]
    text = "".join(csv_lines(rows, COLUMNS, TEXTS))

    cells = [cell for row in csv.reader(StringIO(text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@"))] == []
    assert cells.count(f"'{evil}") > 10
    # Negative amounts stay numbers.
    assert any(cell.startswith("-0.") for cell in cells)
