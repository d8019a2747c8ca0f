"""From a submission to an answer that arrives, or to a run that ends since nobody waits for it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from accounts.caller import Caller
from accounts.credentials import StillValid
from runs.api.watch import wait_for_end
from runs.errors import RunEnded
from runs.intake import submit
from runs.models import Run
from runs.openai.feed import NoLongerAllowed, ServerEnds, texts
from runs.openai.outcome import Outcome, outcome_of
from runs.openai.retries import GRACE_S, is_taken_over, run_of_earlier_try, take_over
from runs.services import Submitted, cancel_run
from runs.submission import Submission
from web.connections import in_any_thread, in_request_thread

# A run has concluded by its deadline; what outlasts even that is read later.
LONGEST_S = 660
# Of the time that a request has when the server ends, so much is left to answer it.
LAST_S = 1.0
# Who sends a key is going to send it again.
GRACE_WITH_KEY_S = 30.0

logger = logging.getLogger(__name__)
_under_way: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, kw_only=True)
class Order:
    """One request for a run, and who waits for it. `detached`: it goes on when nobody does."""

    caller: Caller
    submission: Submission
    still_valid: StillValid
    key: str | None = None
    tries_again: bool = False
    another_try: bool = False
    detached: bool = False
    traceparent: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def grace_s(self) -> float:
        """How long a run goes on whose request was cut before its answer had begun."""
        if self.key:
            return GRACE_WITH_KEY_S
        return GRACE_S if self.tries_again else 0.0


async def made(order: Order) -> Submitted:
    """The run of a request: the one of an earlier try, or a new one.

    A request that is cut while the run is stored leaves none behind that nobody waits for.
    """
    if order.another_try and not order.key:
        earlier = await in_request_thread(run_of_earlier_try)(order.caller, order.submission)
        if earlier is not None:
            await take_over(earlier.pk, order.id)
            return Submitted(earlier, replayed=True)
    making = asyncio.ensure_future(
        submit(
            caller=order.caller,
            submission=order.submission,
            idempotency_key=order.key,
            traceparent=order.traceparent,
        )
    )
    try:
        submitted = await asyncio.shield(making)
    except asyncio.CancelledError:
        _in_background(_abandon_when_made(order, making))
        raise
    if submitted.replayed:
        await take_over(submitted.run.pk, order.id)
    return submitted


async def delivered(order: Order, run: Run) -> Outcome:
    """The run once it has ended; a cut request ends it, unless another try takes it over."""
    try:
        if not run.ended:
            await wait_for_end(run.pk, LONGEST_S, grace_s=settings.WEB_GRACE_S - LAST_S)
    except asyncio.CancelledError:
        abandon(order, run.pk, grace_s=order.grace_s)
        raise
    return await in_any_thread(outcome_of)(run.pk)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something new of a streamed answer: more text, a sign of life, or its end."""

    text: str = ""
    outcome: Outcome | None = None
    fault: tuple[int, str, str] | None = None


RESTARTED = (
    *(502, "answer_restarted"),
    "The answer broke off and was written anew: read it by its run's id.",
)
REVOKED = 401, "not_authenticated", "The token of this request is no longer valid."
GOES_ON = 504, "timeout", "The run has not ended yet: read it by its run's id."


async def pieces(order: Order, run: Run, *, skip: int = 0) -> AsyncGenerator[Piece, None]:
    """The answer as it is written, and then how the run ended.

    A reader who leaves before that ends the run, unless it is `detached`. `skip` leaves out so many
    characters at the beginning.
    """
    ended = False
    try:
        async with aclosing(_pieces(order, run, skip)) as found:
            async for piece in found:
                ended = ended or piece.outcome is not None or piece.fault is not None
                yield piece
    finally:
        if not ended:
            abandon(order, run.pk)


async def _pieces(order: Order, run: Run, skip: int) -> AsyncGenerator[Piece, None]:
    sent = ""
    try:
        async with aclosing(texts(run, order.still_valid)) as found:
            async for text in found:
                # Its ends may be stripped.
                ready = text.strip()
                new = ready[max(skip, len(sent)) :] if ready.startswith(sent) else ""
                sent = ready if new else sent
                yield Piece(new)
    except NoLongerAllowed:
        yield Piece(fault=REVOKED)
        return
    except ServerEnds:
        yield Piece(fault=GOES_ON)
        return
    outcome = await in_any_thread(outcome_of)(run.pk)
    whole = outcome.text.lstrip()
    if not outcome.failed and not whole.startswith(sent):
        yield Piece(fault=RESTARTED)
        return
    yield Piece("" if outcome.failed else whole[max(skip, len(sent)) :], outcome)


def abandon(order: Order, run_id: UUID, *, grace_s: float = 0.0) -> None:
    """Cancel a run that nobody waits for any more; returns at once."""
    if not order.detached:
        _in_background(_cancel_unless_taken_over(order, run_id, grace_s))


async def _abandon_when_made(order: Order, making: Awaitable[Submitted]) -> None:
    with suppress(Exception):
        submitted = await making
        if not submitted.replayed:
            abandon(order, submitted.run.pk, grace_s=order.grace_s)


async def _cancel_unless_taken_over(order: Order, run_id: UUID, grace_s: float) -> None:
    await asyncio.sleep(grace_s)
    if not await is_taken_over(run_id, order.id):
        await in_any_thread(_cancel)(run_id)


def _cancel(run_id: UUID) -> None:
    try:
        run = Run.objects.filter(pk=run_id).first()
        if run is not None:
            cancel_run(run=run)
    except RunEnded:
        pass
    except DatabaseError as error:
        logger.warning("run %s goes on though nobody waits for it: %s", run_id, error)


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
