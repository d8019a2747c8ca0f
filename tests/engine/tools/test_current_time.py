"""The clock tool: zones are checked, dates move as calendars do, the time is the port's."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import ToolContext


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


async def ask(**arguments: Any) -> Any:
    box = ToolBox(["current_time"])
    checked = box.check("current_time", orjson.dumps(arguments).decode())
    assert isinstance(checked, dict), checked
    outcome = await box.run("current_time", checked, ToolContext(Noon()))
    return orjson.loads(outcome.text) if outcome.ok else outcome.text


async def test_the_time_is_the_ports():
    assert await ask() == {
        "time": "2026-01-31T12:00:00+00:00",
        "weekday": "Saturday",
        "timezone": "UTC",
        "week": 5,
        "day_of_year": 31,
    }


async def test_a_zone_moves_the_clock():
    assert (await ask(timezone="Europe/Berlin"))["time"] == "2026-01-31T13:00:00+01:00"


@pytest.mark.parametrize(
    ("start", "add", "time"),
    [
        ("2026-01-31", {"months": 1}, "2026-02-28T00:00:00+01:00"),
        ("2024-02-29", {"years": 1}, "2025-02-28T00:00:00+01:00"),
        ("2026-03-28T12:00", {"days": 1}, "2026-03-29T12:00:00+02:00"),
        ("2026-03-28T12:00", {"hours": 24}, "2026-03-29T13:00:00+02:00"),
        ("2026-01-01T00:00:00Z", {"minutes": -1}, "2026-01-01T00:59:00+01:00"),
        ("2026-12-31", {"weeks": -1}, "2026-12-24T00:00:00+01:00"),
    ],
)
async def test_dates_move_as_calendars_do(start: str, add: dict[str, int], time: str):
    assert (await ask(timezone="Europe/Berlin", start=start, add=add))["time"] == time


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", "a\0b"])
async def test_only_real_zones_are_read(zone: str):
    answer = await ask(timezone=zone)
    if zone:
        assert "not an IANA time zone" in answer
    else:
        assert answer["timezone"] == "UTC"


@pytest.mark.parametrize(
    "arguments",
    [{"start": "yesterday"}, {"add": {"years": 1000}, "start": "9990-01-01"}],
)
async def test_impossible_dates_are_refused(arguments: dict[str, Any]):
    assert isinstance(await ask(**arguments), str)


@pytest.mark.parametrize("arguments", ['{"add": {"eons": 1}}', '{"when": 1}', "[]", '{"add": 1}'])
def test_arguments_are_checked(arguments: str):
    outcome = ToolBox(["current_time"]).check("current_time", arguments)
    assert not isinstance(outcome, dict)
    assert outcome.code == "bad_arguments"
