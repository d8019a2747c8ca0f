"""A run's WebSocket, and the one of any other address."""

from contextlib import AbstractContextManager
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.models import Scope
from accounts.socket_auth import Reader
from runs.errors import DetailsDeleted
from runs.feed.consumer import GONE, NOT_FOUND, Refused, WatchingConsumer
from runs.feed.log import Kind
from runs.feed.process import watched
from runs.feed.viewers import Viewer
from runs.selectors.stream import last_seq_for

SHOWN = frozenset({Kind.EVENT, Kind.TEXT, Kind.PING})


class RunConsumer(WatchingConsumer):
    """One viewer of one run. Whatever is lost on the way, the viewer gets every event once."""

    kind = "run"
    scope_needed = Scope.RUNS_READ

    async def viewer(self, reader: Reader) -> AbstractContextManager[Viewer]:
        """The run's events after the one that the address names, and its text."""
        run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        try:
            last_seq = await watched().reads.read(last_seq_for, reader.user, run_id)
        except DetailsDeleted:
            raise Refused(GONE) from None
        if last_seq is None:
            raise Refused(NOT_FOUND)
        # Only our own pages show HTML; other clients have the text.
        kinds = SHOWN | {Kind.HTML} if self.asked("html") == "1" else SHOWN
        return watched().run(
            run_id,
            after=_seq(self.asked("after")),
            last_seq=last_seq,
            kinds=kinds,
            still_valid=reader.still_valid,
        )


class NoSuchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address."""

    async def connect(self) -> None:
        """Accept first: only then does the client see the code."""
        await self.accept()
        await self.close(NOT_FOUND)


def _seq(value: str) -> int:
    """The seq after which to begin; anything but a number is the beginning."""
    return int(value) if value.isdecimal() and len(value) < 10 else 0
