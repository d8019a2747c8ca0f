"""The time zones that a budget may have."""

from functools import lru_cache
from zoneinfo import available_timezones


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """UTC and the names of regions, which Python and Postgres both know; sorted."""
    regions = {name for name in available_timezones() if "/" in name and name[:4] != "Etc/"}
    return ("UTC", *sorted(regions))
