"""The reader's time zone, which their browser names in a cookie."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from django.http import HttpRequest

COOKIE = "zone"  # `static/js/zone.js` sets it
UTC = ZoneInfo("UTC")


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone in which the reader's days begin; UTC where the browser named none that is known."""
    return _zone(request.COOKIES.get(COOKIE, ""))


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
