"""What was found out about a request before its view is asked, which then finds out none of it."""

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.caller import Caller
from web.ratelimit import Counted


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who makes a submit, and where its limits stand now that it is counted."""

    caller: Caller
    counted: Counted | None


def note_arrival(request: HttpRequest, arrival: Arrival) -> None:
    """Say of a request what is known of it."""
    request.arrival = arrival  # type: ignore[attr-defined]


def arrival_of(request: HttpRequest) -> Arrival | None:
    """What was said of it; None where nothing was."""
    return getattr(request, "arrival", None)
