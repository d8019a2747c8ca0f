"""When an alert is mailed. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def next_digest(now: datetime, hour: int, timezone: str) -> datetime:
    """The next moment at which it is this hour of the day in the zone."""
    local = now.astimezone(ZoneInfo(timezone))
    digest = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return digest if digest > local else digest + timedelta(days=1)
