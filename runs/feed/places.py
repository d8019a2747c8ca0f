"""How many live connections each user has to this process: each is watched for, and kept."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from threading import Lock
from typing import TypeVar

from django.conf import settings

from web.errors import Problem

T = TypeVar("T")
RETRY_AFTER_S = 5

_taken: Counter[int] = Counter()
_lock = Lock()


class TooManyConnections(Problem):
    """A user has as many live connections as may be."""

    status = 429
    code = "rate_limited"

    @property
    def headers(self) -> Mapping[str, str]:
        """One may be closed at any time."""
        return {"Retry-After": str(RETRY_AFTER_S)}


def check_place(user_id: int) -> None:
    """Raise `TooManyConnections` where there is no place for one more."""
    most = settings.USER_LIVE_CONNECTIONS
    if _taken[user_id] >= most:
        raise TooManyConnections(f"You have {most} live connections here: close one of them first.")


@contextmanager
def place(user_id: int) -> Iterator[None]:
    """Take a place while it lasts. Raises `TooManyConnections`."""
    with _lock:
        check_place(user_id)
        _taken[user_id] += 1
    try:
        yield
    finally:
        with _lock:
            _taken[user_id] -= 1
            if not _taken[user_id]:
                del _taken[user_id]


async def in_place(user_id: int, frames: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The frames of a stream, which has a place as long; none where others were faster."""
    async with aclosing(frames):
        with suppress(TooManyConnections), place(user_id):
            async for frame in frames:
                yield frame
