"""What the live stream reads."""

from typing import Any
from uuid import UUID

from accounts.models import User
from runs.details import Detail, check_kept
from runs.models import Run, RunEvent
from web.pagination import first_of

BATCH = 500


def last_seq_for(user: User, run_id: UUID) -> int | None:
    """The run's last event; None when there is no such run that this user may see.

    Raises `DetailsDeleted` where its events were deleted.
    """
    rows = Run.objects.visible_to(user).filter(pk=run_id).values_list("last_seq", "deleted_details")
    if (found := rows.first()) is None:
        return None
    last_seq, deleted = found
    check_kept(deleted, Detail.EVENTS)
    return last_seq


def events_after(run_id: UUID, seq: int, limit: int = BATCH) -> tuple[list[dict[str, Any]], bool]:
    """The next durable events after `seq`, as clients receive them, and whether there are more.

    At most `limit`, and fewer where they are long.
    """
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq")
    events, more = first_of(rows, limit, bulky=("data",))
    return [event_message(event) for event in events], more


def event_message(event: RunEvent) -> dict[str, Any]:
    """One event as clients receive it; times are RFC 3339 in UTC."""
    return {
        "seq": event.seq,
        "type": event.type,
        "at": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "data": event.data,
    }
