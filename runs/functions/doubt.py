"""Doubt about money ends."""

from typing import Any

from billing.jsonb import jsonb
from billing.statements import Statement, call
from runs.functions.answers import Answer, answer_of


def resolve(*, line_id: int, usage: dict[str, Any], note: str) -> Statement[Answer]:
    """Replace a ledger line in doubt by what staff say that the call used."""
    return call("runs", "resolve", line_id, jsonb(usage), note, read=answer_of)
