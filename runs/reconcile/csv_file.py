"""The CSV for providers without an API of usage: one row a model and span of time."""

import csv
import io
from datetime import datetime
from decimal import Decimal, InvalidOperation

from runs.reconcile import limits
from runs.reconcile.counts import Cost, Counts, Export, Reported
from runs.reconcile.errors import BadExport

COUNTS = (
    *("requests", "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens"),
    "output_tokens",
)
NEEDED = ("start", "end", "model", *COUNTS)
OPTIONAL = ("api_key", "service_tier", "cost_usd")
MAX_DIGITS = 15


def read_csv(text: str) -> Export:
    """Usage, and costs where a row has some. Raises `BadExport`, which names the line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    columns = [name.strip() for name in reader.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in columns]:
        raise BadExport(f"The column “{missing[0]}” is missing.", 1)
    if unknown := [name for name in columns if name not in (*NEEDED, *OPTIONAL)]:
        raise BadExport(f"There is no column “{unknown[0][: limits.SHOWN]}”.", 1)
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise BadExport(f"The column “{twice[0]}” is there twice.", 1)
    reader.fieldnames = columns
    usage: list[Reported] = []
    costs: list[Cost] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise BadExport("It has more or fewer values than there are columns.")
            one, cost = _row({name: value.strip() for name, value in row.items()})
            usage.append(one)
            costs += [cost] if cost else []
    except BadExport as problem:
        raise BadExport(problem.message, reader.line_num) from None
    except csv.Error as problem:
        raise BadExport(f"It can't be read: {problem}.", reader.line_num) from None
    return Export(tuple(usage), tuple(costs))


def _row(row: dict[str, str]) -> tuple[Reported, Cost | None]:
    start, end = _moment(row, "start"), _moment(row, "end")
    if start >= end:
        raise BadExport("“end” is not after “start”.")
    counts = Counts(*(_count(row, name) for name in COUNTS))
    model, key, tier = (
        limits.text(row.get(name, ""), name) for name in ("model", "api_key", "service_tier")
    )
    if counts and not model:
        raise BadExport("A row with usage needs a “model”.")
    reported = Reported(start, end, model, counts, key, tier)
    amount = row.get("cost_usd", "")
    return reported, Cost(start, end, model, _amount(amount), key, (tier,)) if amount else None


def _moment(row: dict[str, str], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(row[name])
    except ValueError:
        pass
    else:
        if moment.tzinfo is not None:
            return limits.moment(moment, name)
    raise BadExport(f"“{name}” is a time with its zone, such as 2026-11-29T12:00:00Z.")


def _count(row: dict[str, str], name: str) -> int:
    value = row[name] or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise BadExport(f"“{name}” is a whole number of 0 or more, not “{value[: limits.SHOWN]}”.")
    return int(value)


def _amount(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount >= 0):
        raise BadExport(f"“cost_usd” is an amount of dollars, not “{value[: limits.SHOWN]}”.")
    return limits.dollars(amount, "cost_usd")
