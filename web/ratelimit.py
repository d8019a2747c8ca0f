"""Rate limits in django-ratelimit's windows and counters, all of a request's in one round trip.

A request beyond one of its limits uses up none of the others. Limits that can't be counted, because
Redis is away, let it through.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, _split_rate

from web.counters import counters

PERIODS = {1: "second", 60: "min", 3600: "hour", 86_400: "day"}

_parts = lru_cache(maxsize=1000)(_split_rate)


@dataclass(frozen=True, slots=True)
class Limit:
    """One counter: who (`value`) may do what (`group`) how often (`rate`, as in `30/5m`).

    What stands after the colon of the group says what `value` is, as in `submit:user`.
    """

    group: str
    value: str
    rate: str

    @property
    def quota(self) -> int:
        """How often in a window."""
        return int(_parts(self.rate)[0])

    @property
    def window_s(self) -> int:
        """How long a window is."""
        return int(_parts(self.rate)[1])

    @property
    def policy(self) -> str:
        """Its name to clients: `permin` for a user's, else as `address-permin`."""
        who = self.group.rpartition(":")[2]
        period = f"per{PERIODS.get(self.window_s, f'{self.window_s}s')}"
        return period if who == "user" else f"{who}-{period}"


@dataclass(frozen=True, slots=True)
class RateUsage:
    """Where one limit stands after the request was counted; `count` is beyond it if it refuses."""

    limit: Limit
    count: int
    reset_s: int

    @property
    def allowed(self) -> bool:
        """False for the first request beyond the limit and all after it."""
        return self.count <= self.limit.quota

    @property
    def remaining(self) -> int:
        """How many more requests this window lets through."""
        return max(0, self.limit.quota - self.count)


@dataclass(frozen=True, slots=True)
class Counted:
    """Where all limits of a request stand; there is at least one."""

    usages: tuple[RateUsage, ...]

    @property
    def tightest(self) -> RateUsage:
        """The one that refuses, for the longest if there are several; else with the least left."""
        return self.by_tightness[0]

    @property
    def by_tightness(self) -> list[RateUsage]:
        """All of them, the tightest first."""
        return sorted(
            self.usages, key=lambda usage: (usage.allowed, usage.remaining, -usage.reset_s)
        )

    @property
    def allowed(self) -> bool:
        """True when no limit refuses."""
        return all(usage.allowed for usage in self.usages)


def consume(limits: Iterable[Limit]) -> Counted | None:
    """Count a request on every limit; None when there are none, or nothing could count."""
    windows = _Windows(tuple(limits))
    if not windows.limits:
        return None
    return windows.counted(counters().add(windows.keys, windows.sizes))


async def aconsume(limits: Iterable[Limit]) -> Counted | None:
    """The same, awaited."""
    windows = _Windows(tuple(limits))
    if not windows.limits:
        return None
    return windows.counted(await counters().aadd(windows.keys, windows.sizes))


class _Windows:
    """The present window of each limit, and its counter."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self.limits = limits
        self._now = int(time.time())
        self._ends = [_get_window(limit.value, limit.window_s) for limit in limits]

    @property
    def keys(self) -> list[str]:
        """The counters, as django-ratelimit names them."""
        return [
            _make_cache_key(limit.group, end, limit.rate, limit.value, ALL)
            for limit, end in zip(self.limits, self._ends, strict=True)
        ]

    @property
    def sizes(self) -> list[int]:
        """Of each its limit, and for how many seconds it is kept."""
        return [
            size
            for limit in self.limits
            for size in (limit.quota, limit.window_s + EXPIRATION_FUDGE)
        ]

    def counted(self, counts: list[int] | None) -> Counted | None:
        """What the counters answered."""
        if counts is None:
            return None
        return Counted(
            tuple(
                # The window ends with its last second, so one more is what has to be waited.
                RateUsage(limit, count, max(0, end - self._now) + 1)
                for limit, count, end in zip(self.limits, counts, self._ends, strict=True)
            )
        )
