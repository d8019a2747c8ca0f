"""The WebSocket of what its reader spends, and of what limits that."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from accounts.models import Scope, User
from accounts.socket_auth import Reader
from billing.api.serializers import BudgetSerializer
from billing.selectors.budgets import budgets_of, states
from billing.selectors.pace import with_pace
from runs.feed.consumer import WatchingConsumer
from runs.feed.process import watched
from runs.feed.viewers import Viewer
from runs.hints import usage_of
from runs.usage.api import UsageRowSerializer
from runs.usage.selectors import usage_report
from web.snapshot import one_snapshot


class UsageConsumer(WatchingConsumer):
    """One reader's spend and budgets, as they change."""

    kind = "usage"
    scope_needed = Scope.USAGE_READ

    async def viewer(self, reader: Reader) -> AbstractContextManager[Viewer]:
        """The reader's own."""
        group, read = usage_of(reader.user.pk), partial(usage_message, reader.user)
        return watched().figures(group, read, reader.still_valid)


@one_snapshot
def usage_message(user: User) -> dict[str, Any]:
    """Today and this month in UTC, and the budgets that limit the user, of one moment."""
    today = datetime.now(UTC).date()
    budgets: Any = with_pace(states(budgets_of(user)))
    data = {
        "today": _spend(user, first=today, last=today),
        "month": _spend(user, first=today.replace(day=1), last=today),
        "budgets": BudgetSerializer(budgets, many=True).data,
    }
    return {"type": "usage", "data": data}


def _spend(user: User, **days: Any) -> dict[str, Any]:
    rows: Any = usage_report((), owner=user, **days)
    shown = {name: day.isoformat() for name, day in zip(("from", "to"), days.values(), strict=True)}
    return {**shown, "rows": UsageRowSerializer(rows, many=True).data}
