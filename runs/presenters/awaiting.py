"""What a run asks its owner for, as its page and the inbox show it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from billing.money import format_usd
from runs.engine.model_json import Unreadable, read_json
from runs.models import Run
from runs.states import Status

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A tool call to approve. `unknown`: it was made, and nobody knows whether it took effect."""

    key: str
    attempt: int
    label: str
    arguments: Any
    effect_id: str
    unknown: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What the panel shows: a sentence, and either an amount to add or calls to approve."""

    number: int
    funds: bool
    sentence: str
    until: datetime
    since: datetime | None
    own_limit: bool
    least: str
    suggested: str
    calls: list[AskedCall]


def question_of(run: Run) -> Question | None:
    """None while the run asks for nothing."""
    asked = run.awaiting
    if asked is None:
        return None
    own_limit = asked.get("scope") == "run"
    return Question(
        number=asked["question"],
        funds=run.status == Status.AWAITING_FUNDS,
        sentence=asked["message"],
        until=run.deadline_at,
        since=run.awaiting_since,
        own_limit=own_limit,
        least=asked.get("short_usd", ""),
        suggested=_suggested(run, asked) if own_limit else "",
        calls=[_call(step) for step in asked.get("steps", ())],
    )


def _suggested(run: Run, asked: dict[str, Any]) -> str:
    """Enough for its next call, and half as much again as it had; in whole cents."""
    more = max(Decimal(asked["short_usd"]), (run.max_cost_usd or Decimal(0)) / 2)
    return format_usd(more.quantize(CENT, ROUND_CEILING))


def _read(arguments: str) -> Any:
    """The arguments as JSON; what is none stays as it was written."""
    try:
        return read_json(arguments)
    except Unreadable:
        return arguments


def _call(step: dict[str, Any]) -> AskedCall:
    return AskedCall(
        key=step["key"],
        attempt=step["attempt"],
        label=step["label"].removeprefix("Using "),
        arguments=_read(step["arguments"]),
        effect_id=step["effect_id"],
        unknown=step["reason"] == "outcome_unknown",
    )
