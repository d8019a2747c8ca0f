"""Runs are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.refusals import Refusal
from billing.statements import Row, Statement, from_json, named, rows_of
from runs.functions.answers import Outcome, SubmitAnswer


@dataclass(frozen=True, slots=True)
class SubmitCall:
    """A run to store: its columns, what it needs to begin, and which answers are given again."""

    row: Mapping[str, Any]
    needs_usd: Decimal
    kept: Mapping[str, Any] | None


def submit(*, row: Mapping[str, Any], needs_usd: Decimal) -> Statement[SubmitAnswer]:
    """Store a run whose columns these are."""
    return rows_of("runs", "submit", jsonb(row), needs_usd, None, read=_submit_answer)


def submit_all(calls: Sequence[SubmitCall]) -> Statement[dict[UUID, SubmitAnswer]]:
    """Store several runs, all or none; their answers by id."""
    given = [{"row": one.row, "needs_usd": str(one.needs_usd), "kept": one.kept} for one in calls]
    text = f"""
        SELECT (c.row ->> 'id')::uuid, answer.*
        FROM jsonb_to_recordset(%s) AS c (row jsonb, needs_usd numeric, kept jsonb)
        CROSS JOIN LATERAL {named("runs", "submit", "c.row", "c.needs_usd", "c.kept")} AS answer
    """  # noqa: S608 - our own names
    return Statement(
        text, (jsonb(given),), lambda rows: {run_id: _submit_answer([row]) for run_id, *row in rows}
    )


def _submit_answer(rows: Sequence[Row]) -> SubmitAnswer:
    outcome, known, refusal, *stored = rows[0]
    figures = from_json(refusal)
    return SubmitAnswer(Outcome(outcome), known, Refusal.of(figures) if figures else None, *stored)
