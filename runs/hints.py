"""The live stream's fast half: hints to viewers. Postgres has the truth, so any may get lost."""

import logging
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings

WATCH_S = 20
# The channel group of those who watch the whole site's figures.
OPERATIONS = "operations"
FIGURES_CHANGED = {"type": "figures.changed"}

logger = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")


def group_of(run_id: UUID) -> str:
    """The channel group of a run's viewers."""
    return f"run-{run_id}"


def usage_of(user_id: int) -> str:
    """The channel group of those who watch what this user spends."""
    return f"usage-{user_id}"


def figures_key(group: str) -> str:
    """The Redis key that exists while someone watches these figures."""
    return f"{settings.REDIS_PREFIX}:watch:{group}"


def watch_key(run_id: UUID) -> str:
    """The Redis key that exists while someone watches the run.

    Its value changes whenever a viewer needs the whole text of the step that is being written.
    """
    return f"{settings.REDIS_PREFIX}:watch:{run_id}"


def new_watch_value() -> str:
    """A value that asks the worker for a snapshot."""
    return secrets.token_hex(4)


def hint(messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a run's viewers are sent: durable events, which have a seq, and transient text."""
    return {"type": "run.live", "messages": list(messages)}


def publish_soon(run_id: UUID, events: Sequence[dict[str, Any]]) -> None:
    """Tell viewers of events that are committed, from outside a worker. Returns at once."""
    _sender.submit(_publish, run_id, events)


def _publish(run_id: UUID, events: Sequence[dict[str, Any]]) -> None:
    layer: Any = get_channel_layer()
    try:
        layer.send_from_thread(group_of(run_id), hint(events))
        layer.send_from_thread(OPERATIONS, FIGURES_CHANGED)
    except Exception:  # Redis may fail in any way; viewers re-read
        logger.warning("hint not sent; viewers re-read", exc_info=True)
