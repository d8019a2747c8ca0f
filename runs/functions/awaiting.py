"""A run waits for a person, who answers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.statements import Statement, call, from_json
from runs.functions.answers import Answer, FundAnswer, Outcome, answer_of, events_of


def pause(*, run_id: UUID, epoch: int, asked: Mapping[str, Any]) -> Statement[Answer]:
    """Let a run wait for a person; `asked` says for what (see the SQL function)."""
    return call("runs", "pause", run_id, epoch, jsonb(asked), read=answer_of)


def fund(
    *, run_id: UUID, add_usd: Decimal, question: int | None, key: str | None
) -> Statement[FundAnswer]:
    """Raise the limit of a run that waits for that; a question, and a key, count once."""
    return call("runs", "fund", run_id, add_usd, question, key, read=_fund_answer)


def decide(
    *, run_id: UUID, key: str, attempt: int | None, decision: Mapping[str, str]
) -> Statement[Answer]:
    """Keep the owner's word on a tool call; the run goes on after the last one."""
    return call("runs", "decide", run_id, key, attempt, jsonb(decision), read=answer_of)


def _fund_answer(value: Any) -> FundAnswer:
    found = from_json(value)
    short = found.get("short_usd")
    return FundAnswer(
        Outcome(found["outcome"]), events_of(found.get("events")), Decimal(short) if short else None
    )
