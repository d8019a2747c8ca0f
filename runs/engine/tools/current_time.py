"""The time in a time zone, with date arithmetic. The clock is a port, so that replays agree."""

import calendar
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from runs.engine.clock import Clock
from runs.engine.tools.tool import Tool, ToolContext, ToolError

MAX_YEARS = 1000
OFFSETS = {
    "years": MAX_YEARS,
    "months": 12 * MAX_YEARS,
    "weeks": 53 * MAX_YEARS,
    "days": 366 * MAX_YEARS,
    "hours": 24 * 366 * MAX_YEARS,
    "minutes": 60 * 24 * 366 * MAX_YEARS,
}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolError(
            f"“{name}” is not an IANA time zone. Examples: UTC, Europe/Berlin, America/New_York."
        ) from error


def _start(text: str | None, zone: ZoneInfo, clock: Clock) -> datetime:
    if text is None:
        return clock.now().astimezone(zone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ToolError(f"“{text}” is not an ISO 8601 date or time, like 2026-11-22.") from error
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _moved(moment: datetime, by: dict[str, int]) -> datetime:
    """Calendar units first, keeping the day within the month; then the exact ones."""
    month = moment.year * 12 + moment.month - 1 + 12 * by.get("years", 0) + by.get("months", 0)
    year, index = divmod(month, 12)
    try:
        day = min(moment.day, calendar.monthrange(year, index + 1)[1])
        moment = moment.replace(year=year, month=index + 1, day=day)
        moment += timedelta(weeks=by.get("weeks", 0), days=by.get("days", 0))
        exact = timedelta(hours=by.get("hours", 0), minutes=by.get("minutes", 0))
        # Hours are elapsed time, which a change of daylight saving time does not stretch.
        return (moment.astimezone(ZoneInfo("UTC")) + exact).astimezone(moment.tzinfo)
    except (ValueError, OverflowError) as error:
        raise ToolError("The date is out of range: years 1 to 9999.") from error


async def _run(arguments: dict[str, Any], context: ToolContext) -> str:
    zone = _zone(arguments.get("timezone") or "UTC")
    start = _start(arguments.get("start"), zone, context.clock)
    moment = _moved(start, arguments.get("add") or {})
    answer = {
        "time": moment.isoformat(timespec="seconds"),
        "weekday": calendar.day_name[moment.weekday()],
        "timezone": zone.key,
        "week": moment.isocalendar().week,
        "day_of_year": moment.timetuple().tm_yday,
    }
    return orjson.dumps(answer).decode()


CURRENT_TIME = Tool(
    name="current_time",
    label="Current time",
    description=(
        "The current date and time in a time zone, or another date. `add` moves it by years, "
        "months, weeks, days, hours or minutes; negative numbers go back."
    ),
    schema={
        "type": "object",
        "properties": {
            "timezone": {"type": "string", "description": "IANA name; UTC if left out"},
            "start": {
                "type": ["string", "null"],
                "description": "ISO 8601 date or time to start from; now if left out",
            },
            "add": {
                "type": "object",
                "properties": {
                    unit: {"type": "integer", "minimum": -most, "maximum": most}
                    for unit, most in OFFSETS.items()
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
    run=_run,
)
