"""Letting a submit in without a thread: who makes it, and whether it may."""

from django.http import HttpRequest

from accounts.arrival import Arrival, note_arrival
from accounts.limits import submit_limits
from accounts.models import Scope
from runs.intake.callers import caller_with
from runs.openai.speaking import HEADER
from web.clients import client_address
from web.ratelimit import aconsume


async def arrive(request: HttpRequest) -> bool:
    """Find out who makes a submit, and count it. False where that is left to DRF: it says why not.

    A request that is made for another user is counted as that one's, who has yet to be looked up.
    """
    header = request.headers.get("Authorization")
    if header is None or HEADER in request.headers:
        return False
    caller = await caller_with(header)
    if caller is None or caller.lacks(Scope.RUNS_WRITE):
        return False
    counted = await aconsume(submit_limits(caller, client_address(request)))
    note_arrival(request, Arrival(caller, counted))
    return True
