"""Events that come with no other change."""

from uuid import UUID

from billing.jsonb import jsonb
from billing.statements import Statement, call
from runs.events import Event
from runs.functions.answers import Answer, Events, answer_of, events_of


def emit(
    *, run_id: UUID, epoch: int, event: Event, replayed: int | None = None
) -> Statement[Answer]:
    """Write an event; `replayed` is the id of the step that it says was read back."""
    return call("runs", "emit", run_id, epoch, jsonb([event.message]), replayed, read=answer_of)


def tell_recovered(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Say that a resumed run has read back its finished steps."""
    return call("runs", "tell_recovered", run_id, epoch, read=answer_of)


def append_event(*, run_id: UUID, event: Event) -> Statement[Events]:
    """Append an event; the caller holds the run row."""
    return call("runs", "append_events", run_id, jsonb([event.message]), read=events_of)
