"""A run is stored."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from billing.jsonb import jsonb
from billing.refusals import Refusal
from billing.statements import Row, Statement, from_json, rows_of
from runs.functions.answers import Outcome, SubmitAnswer


def submit(
    *, row: Mapping[str, Any], needs_usd: Decimal, kept: Mapping[str, Any] | None = None
) -> Statement[SubmitAnswer]:
    """Store a run whose columns these are; `kept` says which answers are given again."""
    given = (jsonb(row), needs_usd, jsonb(kept) if kept else None)
    return rows_of("runs", "submit", *given, read=_submit_answer)


def _submit_answer(rows: Sequence[Row]) -> SubmitAnswer:
    outcome, known, refusal, *stored = rows[0]
    figures = from_json(refusal)
    return SubmitAnswer(Outcome(outcome), known, Refusal.of(figures) if figures else None, *stored)
