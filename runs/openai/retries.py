"""The official clients send a request again when its connection is cut: it then finds its run.

They send no idempotency key. That it is not the first try is in a header, and the body is the same.
"""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rest_framework.request import Request

from accounts.caller import Caller
from runs.models import Run
from runs.states import Status
from runs.submission import Submission

COUNT = "X-Stainless-Retry-Count"
# Their last try comes some seconds after the first was cut; its time limit is 600 seconds.
GRACE_S = 5.0
MADE_SINCE = timedelta(minutes=15)
ENDED_SINCE = timedelta(seconds=30)
KEPT_S = 3600

logger = logging.getLogger(__name__)
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, Redis]" = WeakKeyDictionary()


def tries_again(request: Request) -> bool:
    """True of a client that may send the same request once more, should this one be cut."""
    return COUNT in request.headers


def is_another_try(request: Request) -> bool:
    """True of a request that a client sends again by itself."""
    count = request.headers.get(COUNT, "")
    return count.isdecimal() and count.strip("0") != ""


def run_of_earlier_try(caller: Caller, submission: Submission) -> Run | None:
    """The run that an earlier try of this request made, if it goes on or has just ended."""
    runs = Run.objects.visible_to(caller.user).filter(
        Q(finished_at=None) | Q(finished_at__gt=Now() - ENDED_SINCE),
        api_token=caller.token,
        request_hash=submission.digest,
        created_at__gt=Now() - MADE_SINCE,
    )
    return runs.exclude(status__in=[Status.CANCELLING, Status.CANCELLED]).order_by("-id").first()


async def take_over(run_id: UUID, request_id: str) -> None:
    """From now on, this request waits for the run: an earlier one that was cut lets it go on."""
    try:
        await _redis().set(_key(run_id), request_id, ex=KEPT_S)
    except (RedisError, OSError):
        logger.warning("a second try isn't known to the first: Redis is away")


async def is_taken_over(run_id: UUID, request_id: str) -> bool:
    """True when another request than this one waits for the run; false while nobody can tell."""
    try:
        waits = await _redis().get(_key(run_id))
    except (RedisError, OSError):
        return False
    return waits not in (None, request_id.encode())


def _key(run_id: UUID) -> str:
    return f"{settings.REDIS_PREFIX}:waits:{run_id}"


def _redis() -> Redis:
    """The running loop's client."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1
        )
    return _clients[loop]
