"""The WebSocket of the state of the site, for staff."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from accounts.credentials import StillValid
from accounts.models import Scope, User
from accounts.socket_auth import Reader
from runs.feed.consumer import FORBIDDEN, Refused, WatchingConsumer
from runs.feed.process import watched
from runs.feed.viewers import Viewer
from runs.hints import OPERATIONS
from runs.operations.api_body import ops_body
from web.snapshot import one_snapshot


class OperationsConsumer(WatchingConsumer):
    """One of the staff, who watches the site."""

    kind = "operations"
    scope_needed = Scope.ADMIN

    async def viewer(self, reader: Reader) -> AbstractContextManager[Viewer]:
        """The same for all staff."""
        if not reader.user.is_staff or reader.user.lacks_mfa:
            raise Refused(FORBIDDEN)
        still_staff = partial(_still_staff, reader.still_valid, reader.user.pk)
        return watched().figures(OPERATIONS, ops_message, still_staff)


@one_snapshot
def ops_message() -> dict[str, Any]:
    """The state of the site, of one moment."""
    return {"type": "ops", "data": ops_body()}


def _still_staff(still_valid: StillValid, user_id: int) -> bool:
    return still_valid() and User.objects.filter(pk=user_id, is_staff=True).exists()
