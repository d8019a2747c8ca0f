"""What was spent between moments, exact in any time zone.

The daily sums are of UTC. A span is made of the days of UTC between the midnights nearest to its
ends, and of the ledger's lines between those midnights and the ends. So the days of a month in
Berlin take two hours' lines a day at most, and those of a month in UTC none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import User

# Up to so many lines are added up while a page waits.
MAX_LINES = 40_000
MILLIONTH = Decimal("0.000001")
HALF_A_DAY = timedelta(hours=12)
SUMS = (
    *("amount", "calls", "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens"),
    *("output_tokens", "reasoning_tokens"),
)
SPEND = f"""
    WITH days (span, first, ended) AS (
        SELECT * FROM unnest(%(spans)s::int[], %(firsts)s::date[], %(lasts)s::date[])
    ),
    edges (edge, began, ended) AS (
        SELECT * FROM unnest(%(edges)s::int[], %(began)s::timestamptz[], %(ended)s::timestamptz[])
    ),
    signs (edge, span, sign) AS (
        SELECT * FROM unnest(%(signed)s::int[], %(into)s::int[], %(signs)s::int[])
    ),
    moved AS MATERIALIZED (
        SELECT e.edge, l.simulated, l.model, l.pattern,
            {", ".join(f"sum(l.{name}) AS {name}" for name in SUMS)}
        FROM edges e CROSS JOIN LATERAL (
            SELECT *, CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END AS calls
            FROM billing_ledgerentry
            WHERE owner_id = %(owner)s AND held_at >= e.began AND held_at < e.ended
            OFFSET 0  -- so that each edge is looked up in the index
        ) l
        GROUP BY 1, 2, 3, 4
    ),
    parts AS (
        SELECT d.span, u.simulated, u.model, u.pattern, {", ".join(f"u.{name}" for name in SUMS)}
        FROM days d JOIN billing_usagerollup u
            ON u.owner_id = %(owner)s AND u.day >= d.first AND u.day < d.ended
        WHERE u.day >= %(first)s AND u.day < %(last)s
        UNION ALL
        SELECT s.span, m.simulated, m.model, m.pattern,
            {", ".join(f"s.sign * m.{name}" for name in SUMS)}
        FROM moved m JOIN signs s USING (edge)
    )
    SELECT span, simulated, model, pattern,
        sum(amount), {", ".join(f"sum({name})::bigint" for name in SUMS[1:])}
    FROM parts GROUP BY 1, 2, 3, 4
    HAVING sum(amount) <> 0 OR sum(calls) <> 0
    ORDER BY 1, 2, 3, 4
"""  # noqa: S608 - our own names
LINES = """
    SELECT width_bucket(l.held_at, %(moments)s::timestamptz[]) - 1,
        coalesce((SELECT t.name FROM accounts_apitoken t WHERE t.id = l.api_token_id), ''),
        l.api_token_id::text, sum(l.amount),
        sum(CASE WHEN l.reverses_id IS NULL THEN 1 ELSE -1 END),
        sum(l.fresh_input_tokens * l.input_price),
        sum(l.cached_input_tokens * l.cached_input_price),
        sum(l.cache_write_tokens * l.cache_write_price),
        sum((l.output_tokens - l.reasoning_tokens) * l.output_price),
        sum(l.reasoning_tokens * l.output_price),
        sum(l.cached_input_tokens * (l.input_price - l.cached_input_price)),
        sum(l.cache_write_tokens * (l.cache_write_price - l.input_price))
    FROM billing_ledgerentry l
    WHERE l.owner_id = %(owner)s AND l.simulated = %(simulated)s
        AND l.held_at >= %(first)s AND l.held_at < %(last)s
    GROUP BY 1, l.api_token_id
"""


class Spent(NamedTuple):
    """What was charged in one span; input tokens are disjoint, reasoning is a part of output."""

    span: int
    simulated: bool
    model: str
    pattern: str
    amount: Decimal
    calls: int
    fresh_input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The ledger's own lines of one span and token, summed up. US dollars.

    `buckets` has the dollars by the keys of `billing.bill.BUCKETS`. `read_saved_usd` is what cached
    input would have cost more as fresh input, `write_extra_usd` what writing it there cost more.
    """

    span: int
    token: str
    token_id: str | None
    amount: Decimal
    calls: int
    buckets: dict[str, Decimal]
    read_saved_usd: Decimal
    write_extra_usd: Decimal


def spend_between(user: User, moments: Sequence[datetime]) -> list[Spent]:
    """What the user was charged, by model and pattern, in each span between moments in order.

    The span `n` is from `moments[n]` to before `moments[n + 1]`. A charge is where its money was
    held. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"owner": user.pk, **parts_of(moments)})
        return [Spent(*row) for row in cursor.fetchall()]


def _nearest_midnight(moment: datetime) -> datetime:
    """The nearest midnight of UTC."""
    later = moment.astimezone(UTC) + HALF_A_DAY
    return later.replace(hour=0, minute=0, second=0, microsecond=0)


def parts_of(moments: Sequence[datetime]) -> dict[str, Any]:
    """The days of UTC of each span, and what lies between these and its ends, with signs.

    The span `n` is `from[n]` to `to[n]`. It has the whole days `firsts[n]` to before `lasts[n]`.
    What is between the moments `began` and `ended` of an edge is added `into` a span with its sign.
    """
    midnights = [_nearest_midnight(moment) for moment in moments]
    moved = [n for n, moment in enumerate(moments) if moment != midnights[n]]
    signs = []
    for n in moved:
        early = 1 if moments[n] < midnights[n] else -1
        signs += [(n, n, early), (n, n - 1, -early)]
    inside = [sign for sign in signs if 0 <= sign[1] < len(moments) - 1]
    days = [midnight.date() for midnight in midnights]
    return {
        "spans": list(range(len(moments) - 1)),
        "firsts": [*days[:-1]],
        "lasts": [*days[1:]],
        "from": [*moments[:-1]],
        "to": [*moments[1:]],
        "first": days[0],
        "last": days[-1],
        "edges": [*moved],
        "began": [min(moments[n], midnights[n]) for n in moved],
        "ended": [max(moments[n], midnights[n]) for n in moved],
        "signed": [edge for edge, _, _ in inside],
        "into": [span for _, span, _ in inside],
        "signs": [sign for _, _, sign in inside],
    }


def lines_between(user: User, moments: Sequence[datetime], *, simulated: bool) -> list[Lines]:
    """The ledger's lines of each span by API token, as `spend_between` counts spans.

    Reads every line: for up to `MAX_LINES` of them. One statement.
    """
    given: dict[str, Any] = {"owner": user.pk, "simulated": simulated, "moments": [*moments]}
    with connection.cursor() as cursor:
        cursor.execute(LINES, {**given, "first": moments[0], "last": moments[-1]})
        return [_lines(*row) for row in cursor.fetchall()]


def _lines(span: int, token: str, token_id: str | None, *sums: Decimal) -> Lines:
    amount, calls, fresh, cached, written, output, reasoning, read_saved, write_extra = sums
    buckets = {
        "fresh_input": fresh * MILLIONTH,
        "cached_input": cached * MILLIONTH,
        "cache_write": written * MILLIONTH,
        "output": output * MILLIONTH,
        "reasoning": reasoning * MILLIONTH,
    }
    return Lines(
        span, token, token_id, amount, int(calls), buckets,
        read_saved * MILLIONTH, write_extra * MILLIONTH,
    )  # fmt: skip
