"""Giving more money to a run that waits for it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from billing.money import format_usd, fraction_digits
from billing.statements import run as execute
from runs import functions, hints, wakeup
from runs.errors import IdempotencyConflict, InvalidSubmission, NotWaiting
from runs.functions import FundAnswer, Outcome
from runs.models import Run
from runs.services.checks import CAP_DIGITS, MAX_CAP_USD

NOT_ITS_OWN = (
    "A budget is short, not this run's own limit. It goes on by itself once staff raise the "
    "budget, or its next period begins."
)
TOO_MUCH = f"A cost limit is at most ${MAX_CAP_USD:,}."
FIELD = "add_usd"


@dataclass(frozen=True, slots=True)
class Funded:
    """The run, and whether an earlier request with the same key had paid."""

    run: Run
    replayed: bool


def fund_run(
    *,
    run: Run,
    add_usd: Decimal,
    question: int | None = None,
    idempotency_key: str | None = None,
) -> Funded:
    """Raise the limit of a run that waits for that; it goes on, and buys nothing again.

    A `question` is answered once, and a key is one request. Raises `InvalidSubmission` for an
    amount with which it couldn't go on, `NotWaiting`, `IdempotencyConflict`. Takes the run row's
    lock.
    """
    _check(add_usd)
    with transaction.atomic():
        statement = functions.fund(
            run_id=run.pk, add_usd=add_usd, question=question, key=idempotency_key
        )
        answer = execute(statement)
        _raise_unless_funded(answer)
        run.refresh_from_db()
        if (run.max_cost_usd or 0) > MAX_CAP_USD and answer.outcome == Outcome.RESUMED:
            raise InvalidSubmission(TOO_MUCH, field=FIELD)
        if answer.outcome == Outcome.RESUMED:
            added = {"add_usd": format_usd(add_usd), "max_cost_usd": _limit(run)}
            record(Action.RUN_FUNDED, user_id=run.owner_id, about=run, after=added)
        transaction.on_commit(lambda: _tell(run, answer))
    return Funded(run, replayed=answer.outcome == Outcome.REPLAYED)


def _limit(run: Run) -> str | None:
    return None if run.max_cost_usd is None else format_usd(run.max_cost_usd)


def _check(add_usd: Decimal) -> None:
    if not (add_usd.is_finite() and add_usd > 0):
        raise InvalidSubmission("Add more than $0.", field=FIELD)
    if add_usd > MAX_CAP_USD:
        raise InvalidSubmission(TOO_MUCH, field=FIELD)
    if fraction_digits(add_usd) > CAP_DIGITS:
        raise InvalidSubmission(f"It has at most {CAP_DIGITS} decimals.", field=FIELD)


def _raise_unless_funded(answer: FundAnswer) -> None:
    if answer.outcome == Outcome.TOO_LITTLE and answer.short_usd is not None:
        least = format_usd(answer.short_usd)
        raise InvalidSubmission(f"Its next call needs at least ${least} more.", field=FIELD)
    if answer.outcome == Outcome.CONFLICT:
        raise IdempotencyConflict("This idempotency key was used with another amount.")
    if answer.outcome == Outcome.BUDGET:
        raise NotWaiting(NOT_ITS_OWN)
    if answer.outcome == Outcome.NOT_WAITING:
        raise NotWaiting("The run doesn't wait for money.")


def _tell(run: Run, answer: FundAnswer) -> None:
    hints.publish_soon(run.pk, answer.events)
    wakeup.wake_workers()
