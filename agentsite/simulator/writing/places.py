"""Which time zone a place in a question means."""

import re
from functools import cache
from zoneinfo import available_timezones

_ASKS_TIME = re.compile(
    r"\b(what|which|current|tell me|now)\b.*\b(time|date|day)\b|\btime is it\b|\btoday's date\b",
    re.IGNORECASE | re.DOTALL,
)
_NOT_ABOUT_NOW = re.compile(
    r"\btime (zone|complexity|management|series|to)\b|\b(best|each|much) time\b", re.I
)

_EXTRA = {
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "california": "America/Los_Angeles",
    "boston": "America/New_York",
    "washington": "America/New_York",
    "miami": "America/New_York",
    "austin": "America/Chicago",
    "dallas": "America/Chicago",
    "montreal": "America/Toronto",
    "rio de janeiro": "America/Sao_Paulo",
    "munich": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "frankfurt": "Europe/Berlin",
    "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome",
    "geneva": "Europe/Zurich",
    "kyiv": "Europe/Kyiv",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "india": "Asia/Kolkata",
    "beijing": "Asia/Shanghai",
    "shenzhen": "Asia/Shanghai",
    "china": "Asia/Shanghai",
    "osaka": "Asia/Tokyo",
    "kyoto": "Asia/Tokyo",
    "germany": "Europe/Berlin",
    "france": "Europe/Paris",
    "spain": "Europe/Madrid",
    "italy": "Europe/Rome",
    "switzerland": "Europe/Zurich",
    "england": "Europe/London",
    "ukraine": "Europe/Kyiv",
    "cape town": "Africa/Johannesburg",
    "south korea": "Asia/Seoul",
    "new zealand": "Pacific/Auckland",
    "wellington": "Pacific/Auckland",
    "utc": "UTC",
    "gmt": "UTC",
}
_REGIONS = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/", "Atlantic/")


@cache
def _zones() -> dict[str, str]:
    named = sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS))
    cities = {zone.rsplit("/", 1)[1].replace("_", " ").lower(): zone for zone in named}
    countries = {
        zone.lower(): zone for zone in ("Japan", "Singapore", "Israel", "Turkey", "Egypt", "Iran")
    }
    return cities | countries | _EXTRA


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_zones(), key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b", re.IGNORECASE)


def find_zones(task: str) -> list[str]:
    """IANA zones whose time a task asks for; UTC when it names no place; else none."""
    if not _ASKS_TIME.search(task) or _NOT_ABOUT_NOW.search(task):
        return []
    named = [_zones()[match.lower()] for match in _pattern().findall(task)]
    return list(dict.fromkeys(named)) or ["UTC"]


def place_of(zone: str) -> str:
    """A zone's city, as a reader calls it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
