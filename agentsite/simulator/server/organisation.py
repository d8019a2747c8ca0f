"""OpenAI's pages of an organisation's usage and costs, made of the simulator's own ledger."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from multidict import MultiMapping

from agentsite.simulator.protocol.errors import bad_request
from billing.library import library_prices
from billing.money import PER_TOKEN

from .ledger import Row

WIDTHS = {"1m": 60, "1h": 3600, "1d": 86_400}
# Buckets a page: usual, most.
LIMITS = {"1m": (60, 1440), "1h": (24, 168), "1d": (7, 31)}
MAX_COSTS = 180
GROUPS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
TIER = "default"
Query = MultiMapping[str]


def usage_page(rows: Iterable[Row], query: Query) -> dict[str, Any]:
    """One page of usage. Raises a 400 for what OpenAI wouldn't take."""
    width = query.get("bucket_width", "1d")
    if width not in WIDTHS:
        raise bad_request("'bucket_width' must be one of 1m, 1h and 1d.", "bucket_width")
    groups = _groups(query, GROUPS)
    wanted = [row for row in _billed(rows) if _matches(row, query)]

    def results(inside: Sequence[Row]) -> list[dict[str, Any]]:
        return [_usage(key, some, groups) for key, some in _grouped(inside, groups)]

    usual, most = LIMITS[width]
    return _page(wanted, query, WIDTHS[width], _limit(query, usual, most), results)


def costs_page(rows: Iterable[Row], query: Query) -> dict[str, Any]:
    """One page of costs. Raises a 400 for what OpenAI wouldn't take."""
    if query.get("bucket_width", "1d") != "1d":
        raise bad_request("'bucket_width' must be 1d.", "bucket_width")
    by_item = "line_item" in _groups(query, ("project_id", "line_item", "api_key_id"))

    def results(inside: Sequence[Row]) -> list[dict[str, Any]]:
        items: dict[str | None, Decimal] = defaultdict(Decimal)
        for row in inside:
            for item, amount in _priced(row):
                items[item if by_item else None] += amount
        return [_cost(item, amount) for item, amount in items.items() if amount]

    return _page(list(_billed(rows)), query, WIDTHS["1d"], _limit(query, 7, MAX_COSTS), results)


def _billed(rows: Iterable[Row]) -> Iterable[Row]:
    """Those that cost something, as often as they are counted."""
    return (row for row in rows if row.status != "refused" for _ in range(row.counted))


def _matches(row: Row, query: Query) -> bool:
    keys, models = query.getall("api_key_ids[]", []), query.getall("models[]", [])
    return (not keys or row.api_key in keys) and (not models or row.model in models)


def _groups(query: Query, known: Sequence[str]) -> list[str]:
    asked = [*query.getall("group_by[]", []), *query.getall("group_by", [])]
    if unknown := [name for name in asked if name not in known]:
        raise bad_request(f"Invalid 'group_by': '{unknown[0]}'.", "group_by")
    return asked


def _grouped(rows: Iterable[Row], groups: Sequence[str]) -> list[tuple[tuple[Any, ...], list[Row]]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        values = {"model": row.model, "api_key_id": row.api_key, "service_tier": TIER}
        found[tuple(values.get(name) for name in groups)].append(row)
    return sorted(found.items(), key=lambda one: [str(value) for value in one[0]])


def _usage(key: Sequence[Any], rows: Sequence[Row], groups: Sequence[str]) -> dict[str, Any]:
    sent, cached = sum(row.prompt_tokens for row in rows), sum(row.cached_tokens for row in rows)
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": sent,
        "input_cached_tokens": cached,
        "input_uncached_tokens": sent - cached,
        "input_cache_write_tokens": 0,
        "output_tokens": sum(row.completion_tokens for row in rows),
        "input_audio_tokens": 0,
        "output_audio_tokens": 0,
        "num_model_requests": len(rows),
        **dict.fromkeys(GROUPS),
        **dict(zip(groups, key, strict=True)),
    }


def _priced(row: Row) -> list[tuple[str, Decimal]]:
    """The line items of one answer, at the price of the model that is imitated."""
    prices = library_prices(row.model, datetime.fromtimestamp(row.at, UTC).date())
    if prices is None:
        return []
    unit, cached = prices.at(row.prompt_tokens), row.cached_tokens
    return [
        (f"{row.model}, input", PER_TOKEN * unit.input * (row.prompt_tokens - cached)),
        (f"{row.model}, cached input", PER_TOKEN * unit.cached_input * cached),
        (f"{row.model}, output", PER_TOKEN * unit.output * row.completion_tokens),
    ]


def _cost(item: str | None, amount: Decimal) -> dict[str, Any]:
    return {
        "object": "organization.costs.result",
        "amount": {"value": float(amount), "currency": "usd"},
        "line_item": item,
        "project_id": None,
    }


def _page(
    rows: Sequence[Row], query: Query, width: int, limit: int, results: Any
) -> dict[str, Any]:
    """`limit` buckets from the page's cursor on, empty ones too."""
    start = _seconds(query, "start_time", None)
    end = _seconds(query, "end_time", int(datetime.now(UTC).timestamp()) + 1)
    first = start // width
    last = -(-end // width)
    number = _number(query["page"]) if query.get("page") else first
    inside: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        inside[int(row.at) // width].append(row)
    stop = min(number + limit, last)
    return {
        "object": "page",
        "data": [
            {
                "object": "bucket",
                "start_time": bucket * width,
                "end_time": (bucket + 1) * width,
                "results": results(inside.get(bucket, [])),
            }
            for bucket in range(number, stop)
        ],
        "has_more": stop < last,
        "next_page": f"page_{stop}" if stop < last else None,
    }


def _number(page: str) -> int:
    """Which bucket a cursor names."""
    value = page.removeprefix("page_")
    if not (value.isascii() and value.isdigit()):
        raise bad_request("Invalid 'page'.", "page")
    return int(value)


def _seconds(query: Query, name: str, usual: int | None) -> int:
    value = query.get(name, "" if usual is None else str(usual))
    if not (value.isascii() and value.isdigit()):
        raise bad_request(f"'{name}' must be Unix seconds.", name)
    return int(value)


def _limit(query: Query, usual: int, most: int) -> int:
    value = query.get("limit", str(usual))
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        raise bad_request(f"'limit' must be between 1 and {most}.", "limit")
    return int(value)
