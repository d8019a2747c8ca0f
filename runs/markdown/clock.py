"""The time that laying out one text may take."""

import time
from collections.abc import MutableMapping
from typing import Any

CPU_S = 0.5

Env = MutableMapping[str, Any]


class TooMuch(Exception):
    """Rendering would pass a bound; how far it came is of no use."""


def start(env: Env) -> Env:
    """Set the end. The time of this thread alone: a busy machine makes no answer plain."""
    env["until"] = time.thread_time() + CPU_S
    return env


def is_late(env: Env) -> bool:
    """True once the time is used up."""
    return time.thread_time() > float(env["until"])


def look(env: Env) -> None:
    """Stop a rendering that takes too long."""
    if is_late(env):
        raise TooMuch
