"""Hold and settle as plain ORM code: the same rows that the SQL functions write."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from billing.models import Confidence, Hold, LedgerEntry, RunRollup, UsageRollup
from billing.money import ModelPrices, format_usd
from runs.engine.types import StepEnd, StepStart, Usage
from runs.models import Run, RunEvent, Step
from runs.states import StepStatus


@transaction.atomic
def hold(run_id: UUID, start: StepStart, prices: ModelPrices) -> Hold:
    """Set the call's money aside and journal the step as started."""
    run = Run.objects.select_for_update().get(pk=run_id)
    held = _new_hold(run, start, prices)
    Step.objects.create(
        run=run,
        key=start.key,
        attempt=start.attempt,
        kind=Step.Kind.LLM,
        label=start.label,
        status=StepStatus.STARTED,
        digest=start.digest,
        request=start.request,
        hold_id=held.pk,
    )
    Run.objects.filter(pk=run.pk).update(held_usd=F("held_usd") + held.amount)
    _append(run, ("step.started", {"key": start.key, "attempt": start.attempt, "kind": "llm"}))
    held.refresh_from_db(fields=["held_at"])
    return held


@transaction.atomic
def settle(held: Hold, start: StepStart, end: StepEnd, usage: Usage, prices: ModelPrices) -> None:
    """Charge the hold and journal the step's end."""
    run = Run.objects.select_for_update().get(pk=held.run_id)
    held = Hold.objects.select_for_update().get(pk=held.pk)
    amount = _charge(held, usage, prices)
    Hold.objects.filter(pk=held.pk).update(state=Hold.State.SETTLED, closed_at=Now())
    tokens = {
        "input_tokens": usage.input,
        "cached_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
    }
    Step.objects.filter(run=run, key=start.key, attempt=start.attempt).update(
        status=StepStatus.DONE,
        response={"content": end.reply.content if end.reply else ""},
        confidence=end.confidence,
        cost_usd=F("cost_usd") + amount,
        finished_at=Now(),
        duration_ms=end.duration_ms,
        **tokens,
    )
    Run.objects.filter(pk=run.pk).update(
        held_usd=F("held_usd") - held.amount,
        cost_usd=F("cost_usd") + amount,
        llm_calls=F("llm_calls") + 1,
        **{name: F(name) + count for name, count in tokens.items()},
    )
    run.refresh_from_db(fields=["cost_usd", "held_usd"])
    totals = {"cost_usd": format_usd(run.cost_usd), "held_usd": format_usd(run.held_usd)}
    _append(run, ("step.finished", _finished(start, end, tokens, amount)), ("cost", totals))


def _new_hold(run: Run, start: StepStart, prices: ModelPrices) -> Hold:
    bound = prices.bound(start.max_input_tokens)
    return Hold.objects.create(
        owner_id=run.owner_id,
        api_token_id=run.api_token_id,
        run_id=run.pk,
        step_key=start.key,
        attempt=start.attempt,
        state=Hold.State.DISPATCHED,
        amount=bound.cost(start.max_output_tokens),
        max_input_tokens=bound.input_tokens,
        max_output_tokens=start.max_output_tokens,
        pattern=run.pattern,
        model=start.model,
        provider=run.provider,
        simulated=run.simulated,
        input_price=bound.prices.input,
        output_price=bound.prices.output,
        price_source=prices.source,
    )


def _finished(
    start: StepStart, end: StepEnd, tokens: dict[str, int], amount: Decimal
) -> dict[str, Any]:
    return {
        "key": start.key,
        "attempt": start.attempt,
        "kind": "llm",
        "usage": tokens,
        "cost_usd": format_usd(amount),
        "duration_ms": end.duration_ms,
        "preview": end.preview,
    }


def _charge(held: Hold, usage: Usage, prices: ModelPrices) -> Decimal:
    """One ledger line, added to the day's rollup. Returns its amount."""
    unit = prices.at(usage.input)
    tokens = {
        "fresh_input_tokens": usage.fresh_input,
        "cached_input_tokens": usage.cached_input,
        "cache_write_tokens": usage.cache_write,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
    }
    same = {
        "owner_id": held.owner_id,
        "model": held.model,
        "pattern": held.pattern,
        "simulated": held.simulated,
    }
    amount = unit.cost(
        fresh_input=usage.fresh_input,
        cached_input=usage.cached_input,
        cache_write=usage.cache_write,
        output=usage.output,
    )
    line = LedgerEntry.objects.create(
        hold=held,
        api_token_id=held.api_token_id,
        run_id=held.run_id,
        step_key=held.step_key,
        attempt=held.attempt,
        provider=held.provider,
        input_price=unit.input,
        cached_input_price=unit.cached_input,
        cache_write_price=unit.cache_write,
        output_price=unit.output,
        price_source=held.price_source,
        amount=amount,
        confidence=Confidence.EXACT,
        held_at=held.held_at,
        **same,
        **tokens,
    )
    _add_to_rollups(line, same, tokens)
    return amount


def _add_to_rollups(line: LedgerEntry, same: dict[str, Any], tokens: dict[str, int]) -> None:
    day = timezone.localdate(line.held_at)
    run, first = RunRollup.objects.get_or_create(
        run_id=line.run_id,
        defaults={
            "owner_id": line.owner_id,
            "pattern": line.pattern,
            "simulated": line.simulated,
            "day": day,
            "amount": Decimal(0),
        },
    )
    RunRollup.objects.filter(pk=run.pk).update(amount=F("amount") + line.amount)
    rollup, _ = UsageRollup.objects.get_or_create(
        day=day,
        **same,
        defaults={"amount": Decimal(0), "calls": 0, **dict.fromkeys(tokens, 0)},
    )
    UsageRollup.objects.filter(pk=rollup.pk).update(
        amount=F("amount") + line.amount,
        runs=F("runs") + int(first),
        calls=F("calls") + 1,
        **{name: F(name) + count for name, count in tokens.items()},
    )


def _append(run: Run, *events: tuple[str, dict[str, Any]]) -> None:
    """Number the events and store them."""
    Run.objects.filter(pk=run.pk).update(last_seq=F("last_seq") + len(events))
    run.refresh_from_db(fields=["last_seq"])
    first = run.last_seq - len(events) + 1
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=first + number, type=type, data=data)
        for number, (type, data) in enumerate(events)
    )
