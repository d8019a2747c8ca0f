"""Why a run cost what it did: parts that add up to its cost, to the last digit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from billing.models import Confidence, LedgerEntry
from billing.money import PER_TOKEN
from runs.models import Step

Call = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of the cost in US dollars; below zero where it made the run cheaper."""

    label: str
    why: str
    amount: Decimal


def reasons(entries: Iterable[LedgerEntry], steps: Sequence[Step]) -> list[Reason]:
    """The parts of a run's cost; parts of no cost are left out.

    An attempt that was tried again, and one in doubt, is a part as a whole. The input of the others
    is split by the length of their messages: what an earlier paid call of the run had sent too was
    re-sent. Without the steps, nobody knows. What the provider's prompt cache changed is a part
    beside these, so that all input stands at the price of fresh input.
    """
    charged = standing(entries)
    doubtful = [entry for entry in charged if entry.confidence == Confidence.IN_DOUBT]
    known = [entry for entry in charged if entry.confidence != Confidence.IN_DOUBT]
    last = _last_attempts(known, steps)
    retried = [entry for entry in known if entry.attempt < last[entry.step_key]]
    useful = [entry for entry in known if entry.attempt == last[entry.step_key]]
    found = [
        *_input(useful, steps),
        _output(useful),
        Reason("Retries", f"{_counted(retried, 'attempt')} tried again", _sum(retried)),
        Reason(
            "In doubt",
            f"{_counted(doubtful, 'call')} of unknown outcome, at the most it can be",
            _sum(doubtful),
        ),
        _cache(useful),
    ]
    return [reason for reason in found if reason.amount]


def standing(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The charges that were not reversed."""
    kept = list(entries)
    reversed_ids = {entry.reverses_id for entry in kept}
    return [e for e in kept if e.reverses_id is None and e.pk not in reversed_ids]


def _last_attempts(entries: Iterable[LedgerEntry], steps: Iterable[Step]) -> Mapping[str, int]:
    """The number of each step's last attempt, which brought its answer."""
    last: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        last[entry.step_key] = max(last[entry.step_key], entry.attempt)
    for step in steps:
        last[step.key] = max(last[step.key], step.attempt)
    return last


def _input(entries: Sequence[LedgerEntry], steps: Sequence[Step]) -> list[Reason]:
    """What was sent for the first time, and what again."""
    if not steps:
        tokens = sum(_input_tokens(entry) for entry in entries)
        amount = sum((_fresh_usd(e, _input_tokens(e)) for e in entries), Decimal(0))
        return [Reason("Input", f"{tokens:,} tokens", amount)]
    again = _sent_again(entries, steps)
    new = {entry.pk: _input_tokens(entry) - again[entry.pk] for entry in entries}
    parts = (
        ("New input", new, "sent for the first time"),
        ("Re-sent context", again, "that earlier calls had sent too"),
    )
    return [
        Reason(
            label,
            f"{sum(tokens.values()):,} tokens {said}",
            sum((_fresh_usd(entry, tokens[entry.pk]) for entry in entries), Decimal(0)),
        )
        for label, tokens, said in parts
    ]


def _sent_again(entries: Iterable[LedgerEntry], steps: Iterable[Step]) -> dict[int, int]:
    """Of each charge's input tokens, those of messages and tools that an earlier call had sent."""
    requests: dict[Call, Any] = {}
    places: dict[Call, int] = {}
    for place, step in enumerate(steps):
        requests[step.key, step.attempt] = step.request
        places[step.key, step.attempt] = place
    seen: set[bytes] = set()
    again: dict[int, int] = {}
    for entry in sorted(entries, key=lambda e: places.get((e.step_key, e.attempt), 0)):
        pieces = _pieces(requests.get((entry.step_key, entry.attempt)) or {})
        whole = sum(len(piece) for piece in pieces)
        known = sum(len(piece) for piece in pieces if piece in seen)
        again[entry.pk] = _input_tokens(entry) * known // whole if whole else 0
        seen.update(pieces)
    return again


def _pieces(request: Mapping[str, Any]) -> list[bytes]:
    """What a request consists of: its messages, its tools, and the form of its answer."""
    parts = [*request.get("messages", ()), request.get("tools"), request.get("schema")]
    return [orjson.dumps(part, option=orjson.OPT_SORT_KEYS) for part in parts if part]


def _output(entries: Sequence[LedgerEntry]) -> Reason:
    written = sum(entry.output_tokens for entry in entries)
    thought = sum(entry.reasoning_tokens for entry in entries)
    amount = sum((e.output_tokens * e.output_price * PER_TOKEN for e in entries), Decimal(0))
    return Reason(
        "Output", f"{written:,} tokens" + (f", {thought:,} of reasoning" if thought else ""), amount
    )


def _cache(entries: Sequence[LedgerEntry]) -> Reason:
    """What reading from the provider's cache saved, less what writing to it cost on top."""
    read = sum(entry.cached_input_tokens for entry in entries)
    written = sum(entry.cache_write_tokens for entry in entries)
    amount = sum(
        (
            e.cached_input_tokens * (e.cached_input_price - e.input_price)
            + e.cache_write_tokens * (e.cache_write_price - e.input_price)
            for e in entries
        ),
        Decimal(0),
    )
    why = f"{read:,} tokens read from it" + (f", {written:,} written to it" if written else "")
    return Reason("Prompt cache", why, amount * PER_TOKEN)


def _input_tokens(entry: LedgerEntry) -> int:
    return entry.fresh_input_tokens + entry.cached_input_tokens + entry.cache_write_tokens


def _fresh_usd(entry: LedgerEntry, tokens: int) -> Decimal:
    amount: Decimal = tokens * entry.input_price * PER_TOKEN
    return amount


def _sum(entries: Iterable[LedgerEntry]) -> Decimal:
    return sum((entry.amount for entry in entries), Decimal(0))


def _counted(entries: Sequence[LedgerEntry], word: str) -> str:
    return f"{len(entries)} {word}{'' if len(entries) == 1 else 's'}"
