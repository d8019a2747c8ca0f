"""What is wrong after a chaos run, from the provider's ledger and from triggers in the database.

Each check gives lines that say what is wrong; no line is a pass.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench.chaos.plan import CACHED_PRICE, INPUT_PRICE, OUTPUT_PRICE
from bench.chaos.viewers import Viewed
from billing import sql

INSTALL = sql.named((Path(__file__).parent / "witness.sql").read_text())
MARK = re.compile(r"\(chaos (\d+)\)")
LARGE = 50

Refusal = dict[str, str]

OPEN_RUNS = """
    SELECT count(*) FROM runs_run WHERE status NOT IN ('succeeded', 'failed', 'cancelled')
"""
RUNS = "SELECT id::text, (metadata ->> 'number')::int, status FROM runs_run"
BOUGHT_TWICE = """
    SELECT format('%s %s: attempt %s after %s was done', l.run_id, l.key, l.attempt, d.attempt)
    FROM runs_step d JOIN runs_step l USING (run_id, key)
    WHERE d.kind = 'llm' AND d.status = 'done' AND l.attempt > d.attempt
"""
BILLS = """
    SELECT (r.metadata ->> 'number')::int, r.cost_usd, l.amount, l.calls, l.sure, l.lines
    FROM runs_run r CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.amount), 0) AS amount, count(DISTINCT e.hold_id) AS calls,
            array_agg(format('%s#%s %s %s+%s+%s+%s', e.step_key, e.attempt, e.confidence,
                e.fresh_input_tokens, e.cached_input_tokens, e.cache_write_tokens,
                e.output_tokens)) AS lines,
            coalesce(bool_and(e.confidence = 'exact') FILTER (
                WHERE e.reverses_id IS NULL AND reversal.id IS NULL
            ), true) AS sure
        FROM billing_ledgerentry e
        LEFT JOIN billing_ledgerentry reversal ON reversal.reverses_id = e.id
        WHERE e.run_id = r.id
    ) l
"""
OVERSPENT = """
    SELECT format('%s %s window %s: %s over its limit at %s', b.scope, b.period, w.window_id,
        max(w.settled_usd + w.held_usd - w.limit_usd), min(w.at))
    FROM chaos_window w
    JOIN billing_budgetwindow o ON o.id = w.window_id JOIN billing_budget b ON b.id = o.budget_id
    WHERE b.hard AND w.settled_usd + w.held_usd > w.limit_usd
    GROUP BY b.scope, b.period, w.window_id
"""
FALSE_REFUSALS = """
    SELECT format('%s %s: needed %s, free %s (its own cap: %s), in flight %s, tickets %s',
        run_id, step_key, needs_usd, free_usd, run_free_usd, pending_usd, tickets)
    FROM chaos_refusal
    WHERE outcome = 'exhausted' AND needs_usd <= coalesce(least(run_free_usd, free_usd), needs_usd)
    UNION ALL
    SELECT format('%s never began: needed %s of %s, settled %s', id, error ->> 'requested_usd',
        error ->> 'limit_usd', error ->> 'settled_usd')
    FROM runs_run
    WHERE error ->> 'code' = 'budget_exceeded' AND error ->> 'scope' <> 'run'
        AND (error ->> 'requested_usd')::numeric
            <= (error ->> 'limit_usd')::numeric - (error ->> 'settled_usd')::numeric
                - (error ->> 'held_usd')::numeric
"""
LEAKED = """
    SELECT format('hold %s of run %s is %s', id, run_id, state) FROM billing_hold
    WHERE state IN ('waiting', 'held', 'dispatched')
    UNION ALL
    SELECT format('window %s holds %s', id, held_usd) FROM billing_budgetwindow WHERE held_usd <> 0
    UNION ALL
    SELECT format('run %s holds %s', id, held_usd) FROM runs_run WHERE held_usd <> 0
"""
WINDOWS = """
    SELECT format('window %s: %s settled, %s in the ledger', w.id, w.settled_usd, l.amount)
    FROM billing_budgetwindow w CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.amount), 0) AS amount
        FROM billing_ledgerentry e JOIN billing_hold h ON h.id = e.hold_id
        WHERE w.id = ANY (h.window_ids)
    ) l WHERE w.settled_usd <> l.amount
"""
STREAMS = """
    SELECT r.id::text, r.last_seq, array_agg(e.seq ORDER BY e.seq),
        (array_agg(e.type ORDER BY e.seq DESC))[1]
    FROM runs_run r JOIN runs_runevent e ON e.run_id = r.id GROUP BY r.id
"""
FAULTS_OF_OURS = """
    SELECT format('run %s: %s', id, error) FROM runs_run WHERE error ->> 'code' = 'internal'
"""
USE = """
    SELECT b.scope, b.period, w.limit_usd, w.settled_usd, coalesce(largest.amount, 0),
        coalesce(calls.refused, 0) + coalesce(runs.refused, 0)
    FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
    CROSS JOIN LATERAL (
        SELECT max(h.amount) AS amount FROM billing_hold h WHERE w.id = ANY (h.window_ids)
    ) largest
    CROSS JOIN LATERAL (
        SELECT sum(needs_usd) AS refused FROM chaos_refusal c
        WHERE c.window_id = w.id AND c.outcome = 'exhausted' AND c.step_key <> 'closing'
    ) calls
    CROSS JOIN LATERAL (
        SELECT sum((error ->> 'requested_usd')::numeric) AS refused FROM runs_run r
        WHERE error ->> 'code' = 'budget_exceeded'
            AND (error ->> 'scope', error ->> 'window') = (b.scope, b.period)
    ) runs
    WHERE b.hard AND w.simulated ORDER BY w.limit_usd DESC
"""


class Use(NamedTuple):
    """How much of a hard limit was spent, and what it had no room for."""

    scope: str
    period: str
    limit_usd: Decimal
    settled_usd: Decimal
    largest_hold_usd: Decimal
    refused_usd: Decimal

    @property
    def judged(self) -> bool:
        """True where demand was larger than the limit, and the limit many holds."""
        demand = self.settled_usd + self.refused_usd
        return demand > self.limit_usd >= LARGE * self.largest_hold_usd

    @property
    def share(self) -> Decimal:
        """What was settled, in doubt included, of the limit."""
        return self.settled_usd / self.limit_usd


class Witness:
    """Watches the database at this address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ask(INSTALL)

    def open_runs(self) -> int | None:
        """How many runs have not ended; None while Postgres is away."""
        try:
            return int(self._ask(OPEN_RUNS)[0][0])
        except psycopg.OperationalError:
            return None

    def lost(self, accepted: dict[int, str]) -> list[str]:
        """Runs that got their 202 and are not there, or not at their end, or there twice."""
        ended = {
            run: number
            for run, number, status in self._ask(RUNS)
            if status in ("succeeded", "failed", "cancelled")
        }
        lost = [f"run {number} ({run})" for number, run in accepted.items() if run not in ended]
        twice = [number for number, times in Counter(ended.values()).items() if times > 1]
        return lost + [f"order {number} became several runs" for number in twice]

    def bought_twice(self) -> list[str]:
        """Steps that were bought again after they were done."""
        return self._lines(BOUGHT_TWICE)

    def bills(self, billed: Sequence[dict[str, Any]]) -> list[str]:
        """Runs whose bill is not the provider's: less, or other though every line is exact.

        A run has no more calls at the provider than lines in our ledger.
        """
        theirs: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in billed:
            if row["status"] != "refused":
                theirs[int(MARK.findall(str(row["task"]))[0])].append(row)
        wrong = []
        for number, cost, amount, calls, sure, lines in self._ask(BILLS):
            provider = sum((cost_of(row) for row in theirs[number]), Decimal(0))
            differs = amount < provider or cost != amount or (sure and amount != provider)
            if differs or len(theirs[number]) > calls:
                rows = [_row(row) for row in theirs[number]]
                wrong.append(f"run {number}: {amount} ({cost}) {lines}, there {provider} {rows}")
        return wrong

    def overspent(self) -> list[str]:
        """Hard windows that at any moment had more settled and held than their limit.

        This provider keeps to its caps, so that not even an overrun excuses it.
        """
        return self._lines(OVERSPENT)

    def false_refusals(self, submits: Sequence[Refusal]) -> list[str]:
        """Requests for money, and submits, that were refused while it was free."""
        return self._lines(FALSE_REFUSALS) + [f"submit: {r}" for r in submits if not _just(r)]

    def leaked(self) -> list[str]:
        """Money that is still held though nothing runs."""
        return self._lines(LEAKED)

    def windows(self) -> list[str]:
        """Budget windows whose settled money is not their ledger lines'."""
        return self._lines(WINDOWS)

    def streams(self, viewed: Sequence[Viewed]) -> list[str]:
        """Gaps and duplicates, in the stored streams and in what the viewers saw."""
        wrong, last = [], {}
        for run, last_seq, seqs, end in self._ask(STREAMS):
            last[run] = last_seq
            if seqs != list(range(1, last_seq + 1)) or end != "run.finished":
                wrong.append(f"run {run}: stored {seqs} of {last_seq}, the last is {end}")
        return wrong + [
            f"a viewer of run {seen.run} saw {seen.seqs} of {last.get(seen.run)}"
            for seen in viewed
            if seen.seqs != list(range(1, last.get(seen.run, 0) + 1))
        ]

    def faults_of_ours(self) -> list[str]:
        """Runs that failed by an error in our own code."""
        return self._lines(FAULTS_OF_OURS)

    def use(self, submits: Sequence[Refusal]) -> list[Use]:
        """How much of each hard limit was spent. The limits differ in scope or period."""
        refused: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for refusal in submits:
            refused[refusal["scope"], refusal["window"]] += Decimal(refusal["requested_usd"])
        uses = [Use(*row) for row in self._ask(USE)]
        return [
            use._replace(refused_usd=use.refused_usd + refused[use.scope, use.period])
            for use in uses
        ]

    def count(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows for the summary."""
        return self._ask(statement)

    def _lines(self, statement: str) -> list[str]:
        return [line for (line,) in self._ask(statement)]

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _just(refusal: Refusal) -> bool:
    """True when a submit was refused for want of money."""
    limit, settled, held, requested = (
        Decimal(refusal[f"{name}_usd"]) for name in ("limit", "settled", "held", "requested")
    )
    return settled >= limit or settled + held + requested > limit


def _row(row: dict[str, Any]) -> str:
    """A line of the provider's ledger, for a reader."""
    tokens = "+".join(
        str(row[name]) for name in ("prompt_tokens", "cached_tokens", "completion_tokens")
    )
    return f"{row['status']} {tokens}"


def cost_of(row: dict[str, Any]) -> Decimal:
    """What the provider billed for one request, in US dollars."""
    prompt, cached, output = (
        Decimal(row[name]) for name in ("prompt_tokens", "cached_tokens", "completion_tokens")
    )
    return Decimal("0.000001") * (
        (prompt - cached) * Decimal(INPUT_PRICE)
        + cached * Decimal(CACHED_PRICE)
        + output * Decimal(OUTPUT_PRICE)
    )
