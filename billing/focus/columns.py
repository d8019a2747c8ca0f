"""The columns of the export, and how one ledger line fills them.

FOCUS 1.2: https://focus.finops.org/focus-specification/v1-2/. Columns about availability zones,
regions, capacity reservations and commitment discounts are left out: the specification has them
only of providers that know these.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.models import LedgerEntry
from billing.money import PER_TOKEN, format_usd

FOCUS_VERSION = "1.2"
CURRENCY = "USD"
UNIT = "Tokens"
PRICED_UNIT = "1000000 Tokens"
# Each bucket of tokens is a row, since each has a price: its words, and the ledger's columns.
BUCKETS = (
    ("Input Tokens", "fresh_input_tokens", "input_price"),
    ("Cached Input Tokens", "cached_input_tokens", "cached_input_price"),
    ("Cache Write Tokens", "cache_write_tokens", "cache_write_price"),
    ("Output Tokens", "output_tokens", "output_price"),
)
# What begins with words of people, providers or packages: a spreadsheet may take it for a formula.
TEXTS = (
    *("BillingAccountId", "BillingAccountName", "InvoiceIssuerName", "SubAccountName"),
    *("ProviderName", "PublisherName", "SkuId", "SkuPriceId", "ChargeDescription"),
    *("x_StepKey", "x_Pattern", "x_Model", "x_PriceSource"),
)


@dataclass(frozen=True, slots=True)
class BillingAccount:
    """Whose bill it is: the site, by its own name."""

    name: str


def focus_rows(entry: LedgerEntry, account: BillingAccount) -> Iterator[dict[str, Any]]:
    """A row for each bucket in which the line has tokens; their costs add up to its amount."""
    for meter, tokens, price in BUCKETS:
        if quantity := getattr(entry, tokens):
            yield {
                **_whose(entry, account),
                **_when(entry),
                **_what(entry, meter),
                **_figures(quantity, getattr(entry, price)),
                **_own(entry, meter),
            }


def _whose(entry: LedgerEntry, account: BillingAccount) -> dict[str, Any]:
    return {
        "BillingAccountId": account.name,
        "BillingAccountName": account.name,
        "BillingAccountType": "Site",
        # Words, so that no reader takes them for numbers.
        "SubAccountId": f"user-{entry.owner_id}",
        "SubAccountName": entry.owner.email,
        "SubAccountType": "User",
        "InvoiceIssuerName": account.name,
        "ProviderName": entry.provider,
        "PublisherName": entry.provider,
        "Tags": json.dumps({"agentsite/pattern": entry.pattern}),
    }


def _when(entry: LedgerEntry) -> dict[str, Any]:
    day = entry.held_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    corrects = entry.reverses_id is not None and entry.charged_at >= following
    return {
        "BillingPeriodStart": _moment(first),
        "BillingPeriodEnd": _moment(following),
        "ChargePeriodStart": _moment(day),
        "ChargePeriodEnd": _moment(day + timedelta(days=1)),
        "ChargeClass": "Correction" if corrects else None,
    }


def _what(entry: LedgerEntry, meter: str) -> dict[str, Any]:
    verb = "Reversal of " if entry.reverses_id is not None else ""
    return {
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{verb}{meter} of {entry.model}, {entry.step_key}",
        "ChargeFrequency": "Usage-Based",
        "InvoiceId": None,
        "PricingCategory": "Standard",
        "ResourceId": entry.run_id,
        "ResourceName": None,
        "ResourceType": "Agent Run",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": "LLM Calls",
        "SkuId": entry.model,
        "SkuMeter": meter,
        "SkuPriceId": f"{entry.model}/{meter}",
        "SkuPriceDetails": None,
    }


def _figures(quantity: int, price: Decimal) -> dict[str, Any]:
    """The price is per million tokens, so that the product of both is the cost, exactly."""
    cost, millions = format_usd(quantity * PER_TOKEN * price), format_usd(quantity * PER_TOKEN)
    costs = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
    unit = format_usd(price)
    return {
        **dict.fromkeys(costs, cost),
        "BillingCurrency": CURRENCY,
        "ConsumedQuantity": f"{quantity}.0",
        "ConsumedUnit": UNIT,
        "ContractedUnitPrice": unit,
        "ListUnitPrice": unit,
        "PricingCurrency": CURRENCY,
        "PricingCurrencyContractedUnitPrice": unit,
        "PricingCurrencyEffectiveCost": cost,
        "PricingCurrencyListUnitPrice": unit,
        "PricingQuantity": millions,
        "PricingUnit": PRICED_UNIT,
    }


def _own(entry: LedgerEntry, meter: str) -> dict[str, Any]:
    """What FOCUS has no column for; names begin with `x_`, as it says."""
    reasoning = entry.reasoning_tokens if meter == "Output Tokens" else 0
    return {
        "x_LedgerLineId": entry.pk,
        "x_ReversesLedgerLineId": entry.reverses_id,
        "x_RunId": entry.run_id,
        "x_StepKey": entry.step_key,
        "x_Attempt": entry.attempt,
        "x_ApiTokenId": entry.api_token_id,
        "x_Pattern": entry.pattern,
        "x_Model": entry.model,
        "x_Confidence": entry.confidence,
        "x_ReasoningTokens": reasoning,
        "x_PriceSource": entry.price_source,
        "x_ChargedAt": _moment(entry.charged_at),
        "x_Simulated": str(entry.simulated).lower(),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# In the order in which a row is made.
COLUMNS = (
    *("BillingAccountId", "BillingAccountName", "BillingAccountType"),
    *("SubAccountId", "SubAccountName", "SubAccountType"),
    *("InvoiceIssuerName", "ProviderName", "PublisherName", "Tags"),
    *("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"),
    *("ChargeClass", "ChargeCategory", "ChargeDescription", "ChargeFrequency", "InvoiceId"),
    *("PricingCategory", "ResourceId", "ResourceName", "ResourceType"),
    *("ServiceCategory", "ServiceSubcategory", "ServiceName"),
    *("SkuId", "SkuMeter", "SkuPriceId", "SkuPriceDetails"),
    *("BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "BillingCurrency"),
    *("ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice"),
    *("PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost"),
    *("PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit"),
    *("x_LedgerLineId", "x_ReversesLedgerLineId", "x_RunId", "x_StepKey", "x_Attempt"),
    *("x_ApiTokenId", "x_Pattern", "x_Model", "x_Confidence", "x_ReasoningTokens"),
    *("x_PriceSource", "x_ChargedAt", "x_Simulated"),
)
