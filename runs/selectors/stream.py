"""What the live stream reads."""

from typing import Any
from uuid import UUID

from accounts.models import User
from runs.models import Run, RunEvent


def may_watch(user: User, run_id: UUID) -> bool:
    """True when the run exists and this user may see it."""
    return Run.objects.visible_to(user).filter(pk=run_id).exists()


def events_after(run_id: UUID, seq: int, limit: int | None = None) -> list[dict[str, Any]]:
    """The durable events after `seq`, in order, as clients receive them."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq")
    return [event_message(event) for event in rows[:limit]]


def event_message(event: RunEvent) -> dict[str, Any]:
    """One event as clients receive it; times are RFC 3339 in UTC."""
    return {
        "seq": event.seq,
        "type": event.type,
        "at": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "data": event.data,
    }
