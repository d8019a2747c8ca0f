"""Storing runs that are submitted at a time: in one statement, and so in one transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.db import DatabaseError

from runs import functions
from runs.functions import SubmitAnswer, SubmitCall
from runs.intake.database import fetch
from web.outages import is_outage
from web.together import Together


async def store(call: SubmitCall) -> SubmitAnswer:
    """Store a run; it is durable when this returns. Raises Django's `DatabaseError`."""
    return await _calls.call(call)


async def _store_all(calls: Sequence[SubmitCall]) -> list[SubmitAnswer | Exception]:
    try:
        # Always in one order, so that transactions with the same keys don't wait for each other.
        found = await fetch(functions.submit_all(sorted(calls, key=_key)))
    except DatabaseError as error:
        if len(calls) == 1 or is_outage(error):
            raise
        return [await _stored_alone(call) for call in calls]
    return [found[call.row["id"]] for call in calls]


def _key(call: SubmitCall) -> tuple[int, str, UUID]:
    return call.row["owner_id"], call.row["idempotency_key"] or "", call.row["id"]


async def _stored_alone(call: SubmitCall) -> SubmitAnswer | Exception:
    """One of several that were not stored, perhaps for another one's sake."""
    try:
        (answer,) = await _store_all([call])
    except DatabaseError as error:
        return error
    return answer


# The next ones are stored while these become durable.
_calls = Together(_store_all, at_once=2)
