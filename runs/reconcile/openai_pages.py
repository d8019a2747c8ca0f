"""OpenAI's pages of organisation usage and costs, as its API gives them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from runs.reconcile import limits
from runs.reconcile.counts import Cost, Counts, Export, Reported
from runs.reconcile.errors import BadExport

USAGE = "organization.usage.completions.result"
COSTS = "organization.costs.result"
MAX_COUNT = 10**15
# JSON that isn't any, has a number too long to be one, or is nested too deeply.
UNREADABLE = (ValueError, ArithmeticError, RecursionError)


def read_pages(text: str) -> Export:
    """One page, a list of pages, or a page a line. Raises `BadExport`."""
    export = Export()
    for page in _pages(text):
        export += read_page(page)
    return export


def read_page(page: Any) -> Export:
    """The usage or the costs of one page. Raises `BadExport`."""
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise BadExport("A page is a JSON object with “data”, a list of buckets.")
    usage: list[Reported] = []
    costs: list[Cost] = []
    for bucket in page["data"]:
        start, end = _moment(bucket, "start_time"), _moment(bucket, "end_time")
        if start >= end:
            raise BadExport("A bucket ends before it starts.")
        rows = bucket.get("results", bucket.get("result"))
        if not isinstance(rows, list):
            raise BadExport("A bucket has no “results”.")
        if not rows:
            usage.append(Reported(start, end, "", Counts()))
        for row in rows:
            kind = row.get("object") if isinstance(row, dict) else None
            if kind == USAGE:
                usage.append(_usage(start, end, row))
            elif kind == COSTS:
                costs.append(_cost(start, end, row))
            else:
                shown = str(kind)[: limits.SHOWN]
                raise BadExport(f"A result is neither {USAGE} nor {COSTS}, but “{shown}”.")
    return Export(tuple(usage), tuple(costs))


def _pages(text: str) -> Iterator[Any]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except UNREADABLE as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            yield from [json.loads(line, parse_float=Decimal) for line in lines]
        except UNREADABLE:
            raise BadExport(f"It isn't JSON: {whole}.") from None
        return
    yield from found if isinstance(found, list) else [found]


def _usage(start: datetime, end: datetime, row: dict[str, Any]) -> Reported:
    sent = _count(row, "input_tokens")
    cached = _count(row, "input_cached_tokens")
    written = _count(row, "input_cache_write_tokens")
    if sent < cached + written:
        raise BadExport("“input_tokens” are fewer than those that were cached or written.")
    tier = limits.text(row.get("service_tier"), "service_tier")
    return Reported(
        start,
        end,
        limits.text(row.get("model"), "model"),
        Counts(
            _count(row, "num_model_requests"),
            sent - cached - written,
            cached,
            written,
            _count(row, "output_tokens"),
        ),
        api_key=limits.text(row.get("api_key_id"), "api_key_id"),
        tier="batch" if row.get("batch") else tier,
        group=_group(row),
    )


def _cost(start: datetime, end: datetime, row: dict[str, Any]) -> Cost:
    amount = row.get("amount")
    if not isinstance(amount, dict):
        raise BadExport("A cost has no “amount” with its “value” and “currency”.")
    currency = str(amount.get("currency") or "usd").lower()
    if currency != "usd":
        shown = currency[: limits.SHOWN]
        raise BadExport(f"Costs are in “{shown}”; the ledger is in US dollars.")
    given = amount.get("value")
    try:
        value = Decimal(0 if given is None else str(given))
    except InvalidOperation:
        raise BadExport("A cost's “value” is no number.") from None
    return Cost(
        start,
        end,
        limits.text(row.get("line_item"), "line_item"),
        limits.dollars(value, "value"),
        limits.text(row.get("api_key_id"), "api_key_id"),
        _group(row),
    )


def _group(row: dict[str, Any]) -> tuple[str, ...]:
    """What else its figures are of, such as a project: all that the row names, in order."""
    return tuple(f"{name}={row[name]}" for name in sorted(row) if isinstance(row[name], str))


def _moment(bucket: Any, name: str) -> datetime:
    value = bucket.get(name) if isinstance(bucket, dict) else None
    try:
        at = datetime.fromtimestamp(int(value), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        raise BadExport(f"A bucket has no “{name}” in Unix seconds.") from None
    return limits.moment(at, name)


def _count(row: dict[str, Any], name: str) -> int:
    value = row.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise BadExport(
            f"“{name}” is no count of tokens or requests: {str(value)[: limits.SHOWN]}."
        )
    return value
