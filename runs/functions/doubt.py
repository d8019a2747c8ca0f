"""Doubt about money ends."""

from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.statements import Statement, call
from runs.functions.answers import Answer, answer_of

# No epoch has this number: the money is written, and neither the step's state nor the run's.
NO_EPOCH = -1
NOTE = """
    UPDATE runs_step SET error = coalesce(error, '{}') || jsonb_build_object('note', %s::text)
    WHERE run_id = %s AND hold_id = %s RETURNING id
"""


def resolve(*, line_id: int, usage: dict[str, Any], note: str) -> Statement[Answer]:
    """Replace a ledger line in doubt by what staff say that the call used."""
    return call("runs", "resolve", line_id, jsonb(usage), note, read=answer_of)


def settle_exactly(*, run_id: UUID, hold: int, usage: dict[str, Any]) -> Statement[Answer]:
    """Charge what the provider says that a call in doubt used; a settled hold is left alone."""
    given = (None, None, jsonb(usage), "exact", None, None)
    return call("runs", "settle_call", run_id, NO_EPOCH, hold, "in_doubt", *given, read=answer_of)


def note_on_step(*, run_id: UUID, hold: int, note: str) -> Statement[None]:
    """Keep with a step where its cost is from."""
    return Statement(NOTE, (note, run_id, hold), lambda _: None)
