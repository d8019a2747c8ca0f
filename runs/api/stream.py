"""A run's events as Server-Sent Events: the same that its WebSocket sends, in the same way."""

from collections.abc import AsyncGenerator
from uuid import UUID

from django.http import StreamingHttpResponse

from accounts.credentials import StillValid
from runs.feed.log import Kind, Message
from runs.feed.places import check_place, in_place
from runs.feed.process import watched

KINDS = frozenset({Kind.EVENT, Kind.PING})


def event_stream(
    run_id: UUID, after: int, *, last_seq: int, user_id: int, still_valid: StillValid
) -> StreamingHttpResponse:
    """The events after `after` as they are written, up to and with the last one.

    They end earlier when what let the reader in is not `still_valid`. Raises `TooManyConnections`.
    """
    check_place(user_id)
    frames = in_place(user_id, _frames(run_id, after, last_seq, still_valid))
    response = StreamingHttpResponse(frames, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(
    run_id: UUID, after: int, last_seq: int, still_valid: StillValid
) -> AsyncGenerator[str, None]:
    # The first bytes tell the client at once that it is connected.
    yield ": connected\n\n"
    with watched().run(
        run_id, after=after, last_seq=last_seq, kinds=KINDS, still_valid=still_valid
    ) as viewer:
        while messages := await viewer.next():
            for message in messages:
                yield _frame(message)
            if messages[-1].is_last:
                return


def _frame(message: Message) -> str:
    if message.seq is None:
        return ": ping\n\n"
    return f"id: {message.seq}\ndata: {message.json}\n\n"
