"""The sentences of notices and errors whose code and figures come from SQL.

They are added when an event or an error is read, so that a wording is no migration.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from billing.money import fraction_digits
from billing.refusals import Refusal
from web.wording import dollars

Figures = Mapping[str, Any]


def _usd(figures: Figures, name: str) -> str:
    return dollars(Decimal(figures[name]))


def _worker_lost(figures: Figures) -> str:
    count = figures["in_doubt_calls"]
    calls = {
        0: "no call was in flight",
        1: "1 call was in flight and is in doubt",
    }.get(count, f"{count} calls were in flight and are in doubt")
    alone = " From now on the run executes alone, in a process of its own."
    return f"Worker {figures['worker']} stopped. Finished steps are kept; {calls}." + (
        alone if figures.get("alone") else ""
    )


def _recovered(figures: Figures) -> str:
    saved = Decimal(figures["saved_usd"])
    shown = dollars(saved, max(4, fraction_digits(saved)))
    return f"Recovered at step {figures['step']}, saved {shown}."


def _short(run: object) -> str:
    """The beginning of a run's id, as lists show it."""
    return str(run)[:13]


def _forked(figures: Figures) -> str:
    # It knows all patterns, which commands don't load.
    from runs.step_names import step_name

    count = figures["steps"]
    steps = "1 step is" if count == 1 else f"{count} steps are"
    return (
        f"Goes on from run {_short(figures['run'])} after “{step_name(str(figures['step']))}”: "
        f"{steps} taken over, which cost {_usd(figures, 'saved_usd')} there."
    )


def _out_of_money(figures: Figures) -> str:
    if "scope" in figures:
        return Refusal.of(figures).at_call
    waited = f"{figures['waited_s']:.0f}"
    return f"Stopped buying: others have held the rest of the budget for {waited} s."


def _awaiting_funds(figures: Figures) -> str:
    needs = f"To go on it needs {_usd(figures, 'needs_usd')}"
    if figures["scope"] == "run":
        return (
            f"{needs}, and its own limit of {_usd(figures, 'limit_usd')} leaves "
            f"{_usd(figures, 'left_usd')}. Add at least {_usd(figures, 'short_usd')}."
        )
    refusal = Refusal.of(figures)
    resets = ", or its next period begins" if refusal.resets_at else ""
    return f"{needs}, and {refusal.left}. It goes on by itself once staff raise that{resets}."


def _awaiting_approval(figures: Figures) -> str:
    count = len(figures["steps"])
    if count != 1:
        return f"{count} tool calls wait for your word."
    return f"{figures['steps'][0]['label']}: this waits for your word."


def _served_other(figures: Figures) -> str:
    tier = f" in its tier “{figures['tier']}”" if figures["tier"] else ""
    price = (
        "the higher price is charged"
        if figures["dearer"]
        else "its price isn’t known, so that the charge is an estimate"
    )
    return f"“{figures['asked']}” was asked for, and “{figures['served']}” answered{tier}: {price}."


def _in_doubt(figures: Figures) -> str:
    return " ".join(filter(None, ("The worker stopped in mid-call.", figures.get("note"))))


SENTENCES: dict[str, Callable[[Figures], str]] = {
    "handed_back": lambda _: "The worker is shutting down; another one takes over.",
    "waiting_for_money": lambda figures: (
        "Other runs hold the rest of the budget. "
        f"It goes on as soon as {_usd(figures, 'needs_usd')} is free."
    ),
    "awaiting_funds": _awaiting_funds,
    "awaiting_approval": _awaiting_approval,
    "funded": lambda figures: (
        f"Its limit was raised by {_usd(figures, 'add_usd')} to "
        f"{_usd(figures, 'max_cost_usd')}. It goes on."
    ),
    "room_again": lambda _: "The budget has room again. It goes on.",
    "decided": lambda _: "All that it asked for is decided. It goes on.",
    "past_deadline": lambda _: "Its time is up: it answers from what it has.",
    "forked": _forked,
    "cache_hit": lambda figures: (
        f"Answered from the cache. Run {_short(figures['run'])} paid "
        f"{_usd(figures, 'saved_usd')} for it."
    ),
    "equal_run": lambda figures: (
        f"Run {_short(figures['run'])} executes the same task. This one waits for its answer."
    ),
    "worker_lost": _worker_lost,
    "recovered": _recovered,
    "overrun": lambda figures: (
        f"A call cost {_usd(figures, 'overrun_usd')} more than was held for it. "
        "What that taught about its model counts from the next call on."
    ),
    "served_other": _served_other,
    "out_of_money": _out_of_money,
    "budget_exceeded": lambda figures: Refusal.of(figures).at_start,
    "account_disabled": lambda _: "The account that submitted this run is switched off.",
    "deadline": lambda _: "The deadline passed before a worker was free.",
    "internal": lambda figures: (
        f"Something is wrong on our side. Reference: {figures['reference']}."
    ),
    "poisoned": lambda _: (
        "Two workers died while they executed this run, and then the process that executed "
        "nothing else. It is not tried again."
    ),
    "in_doubt": _in_doubt,
}


def worded(data: Any) -> Any:
    """An event's data, or an error, with the sentence for its code where it has none yet."""
    if not isinstance(data, dict) or not ("code" in data or "error" in data):
        return data
    if isinstance(error := data.get("error"), dict):
        return {**data, "error": worded(error)}
    code = data.get("code")
    if code not in SENTENCES:
        return data
    if "message" not in data:
        return {**data, "message": SENTENCES[code](data)}
    if note := data.get("note"):
        return {**data, "message": f"{data['message']} {note}".strip()}
    return data
