"""What the SQL functions answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from billing.refusals import Refusal
from billing.statements import from_json
from runs.wording import worded

Events = Sequence[dict[str, Any]]


class Outcome(StrEnum):
    """What became of a call; each SQL function's head says which of these it answers."""

    ABANDONED = "abandoned"
    BEGUN = "begun"
    BUDGET = "budget"
    CANCELLING = "cancelling"
    CONFLICT = "conflict"
    DISPATCHED = "dispatched"
    ENDED = "ended"
    EXHAUSTED = "exhausted"
    FENCED = "fenced"
    FINISHED = "finished"
    HELD = "held"
    KEPT = "kept"
    KNOWN = "known"
    NO_STEP = "no_step"
    NOT_IN_DOUBT = "not_in_doubt"
    NOT_WAITING = "not_waiting"
    PAUSED = "paused"
    PROBING = "probing"
    QUEUED = "queued"
    RECORDED = "recorded"
    REPLAYED = "replayed"
    RESOLVED = "resolved"
    RESUMED = "resumed"
    SETTLED = "settled"
    STORED = "stored"
    TAKEN = "taken"
    TOO_LITTLE = "too_little"
    UNCAPPED = "uncapped"
    WAITING = "waiting"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call, and the events that are committed with it, as viewers receive them."""

    outcome: Outcome
    events: Events


@dataclass(frozen=True, slots=True)
class HoldAnswer(Answer):
    """`hold` and `output_tokens` where it is held, else 0; `refusal` where money is exhausted."""

    hold: int
    output_tokens: int
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class SettleAnswer(Answer):
    """`overrun_usd` is what the call cost more than was held for it."""

    overrun_usd: Decimal

    @property
    def cost_usd(self) -> str | None:
        """What the attempt was charged. None where its last event isn't this worker's to tell."""
        ends = (each["data"] for each in self.events if each["type"].startswith("step."))
        return next((end["cost_usd"] for end in ends), None)


@dataclass(frozen=True, slots=True)
class FundAnswer(Answer):
    """`short_usd` is the least that would have to be added, where less was."""

    short_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """What became of a submit; `known` is the run that its key or its id has made before.

    `remaining_usd` is what is left of the tightest hard budget, None without one.
    """

    outcome: Outcome
    known: UUID | None
    refusal: Refusal | None
    remaining_usd: Decimal | None
    created_at: datetime | None
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is a worker's now."""

    run_id: UUID
    epoch: int
    suspect: bool
    events: Events


@dataclass(frozen=True, slots=True)
class Executing:
    """What Postgres says of a run that a worker executes."""

    epoch: int
    status: str
    suspect: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """A run that was taken from a dead worker, or that waited and goes on or has ended."""

    run_id: UUID
    events: Events


def events_of(value: Any) -> Events:
    """The events of an answer, each with its sentence."""
    events: Events = from_json(value) or []
    for event in events:
        event["data"] = worded(event["data"])
    return events


def answer_of(value: Any) -> Answer:
    """The answer of a function that has no more to say."""
    found = from_json(value)
    return Answer(Outcome(found["outcome"]), events_of(found.get("events")))
