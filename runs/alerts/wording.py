"""Alerts in words: a title, and sentences that explain each figure. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.refusals import PERIODS, budget_name
from runs.alert_models import Kind
from web.wording import dollars, moment

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """A title for a subject line, what happened with its figures, and what can be done."""

    title: str
    text: str
    remedy: str


def words_of(kind: str, data: Data) -> Words:
    """An alert's words; `data` is what its cause wrote."""
    return WORDS[Kind(kind)](data)


def _usd(data: Data, name: str) -> str:
    shown = dollars(Decimal(data[name]))
    return f"{shown} (simulated)" if data.get("simulated") else shown


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _budget(data: Data) -> Words:
    whose = budget_name(data["scope"], data["period"])
    if data["scope"] == "token":
        whose = f"the {PERIODS[data['period']]} budget of your token “{data['token_name']}”"
    then = f"It resets at {_moment(data['ends_at'])}." if data["ends_at"] else "It never resets."
    end = "No call starts that could pass it." if data["hard"] else "It only warns: runs go on."
    return Words(
        f"{data['percent']}% of {whose} is used up",
        f"{_usd(data, 'settled_usd')} is settled of a limit of {_usd(data, 'limit_usd')}; "
        f"{_usd(data, 'held_usd')} more is held for calls under way. {end} {then}",
        "See on the budgets page what spends it; staff can raise the limit.",
    )


def _doubt(data: Data) -> Words:
    return Words(
        f"{_plural(data['calls'], 'call')} of a run in doubt",
        f"Run {data['run_id']} lost track of {_plural(data['calls'], 'call')}: sent, and no answer "
        f"is known. The most that they can have cost, {_usd(data, 'amount_usd')}, is charged until "
        "their exact usage arrives or staff resolve it.",
        "Nothing has to be done. The run’s page shows which calls they are.",
    )


def _site_doubt(data: Data) -> Words:
    return Words(
        f"{_usd(data, 'amount_usd')} of the site is in doubt",
        f"The outcome of {_plural(data['calls'], 'call')} is not known. They are charged at the "
        f"most that they can have cost, {_usd(data, 'amount_usd')} in all; alerts begin at "
        f"{_usd(data, 'min_usd')}.",
        "Compare them with the provider’s own pages, and resolve them on the operations page.",
    )


def _spend_rate(data: Data) -> Words:
    most = _usd(data, "most_usd")
    most += f", on {_moment(data['most_at'])}" if data["most_at"] else ""
    paused = (
        "New runs with this token are refused until you resume it. Runs under way go on, under "
        "their budgets."
    )
    return Words(
        f"{data['whose']} spent {_usd(data, 'spent_usd')} within an hour"
        + (", and is paused" if data["paused"] else ""),
        f"It spent {_usd(data, 'spent_usd')} since {_moment(data['hour'])}. The alert starts at "
        f"{_usd(data, 'limit_usd')}, {data['factor']} times what is usual. The most in four weeks "
        f"at this hour of the day was {most}; the median of the {data['hours']} hours with any "
        f"spend was {_usd(data, 'ordinary_usd')}." + (f" {paused}" if data["paused"] else ""),
        "Was it you? Then resume the token."
        if data["paused"]
        else "If nobody meant to, revoke the token or cancel its runs.",
    )


def _audit(data: Data) -> Words:
    count, shown = data["count"], "; ".join(data["differences"])
    more = (
        f"; and {count - len(data['differences'])} more" if count > len(data["differences"]) else ""
    )
    return Words(
        f"The books differ from the ledger in {_plural(count, 'place')}",
        f"The audit of {_moment(data['at'])} compared {_plural(data['lines'], 'ledger line')} with "
        f"runs, holds, budgets and daily sums: {shown}{more}.",
        "Run manage.py audit_ledger to see whether it still is so. The ledger is right; find out "
        "what wrote the other side.",
    )


def _breaker(data: Data) -> Words:
    instead = f" “{data['fallback']}” is called instead." if data["fallback"] else ""
    return Words(
        f"Calls of “{data['model']}” keep failing",
        f"Its last {_plural(data['failures'], 'call')} failed, since {_moment(data['since'])}. "
        f"{data['why']}{instead} One call tries it again every {data['open_s']:g} s.",
        "Look at the provider’s status page. The operations page lets calls through again at once.",
    )


def _worker(data: Data) -> Words:
    return Words(
        f"Worker {data['name']} died or hung",
        f"Its last sign of life was at {_moment(data['seen_at'])}; its lease ended at "
        f"{_moment(data['expires_at'])}. Other workers take its runs over, and what it had sent "
        "may be in doubt.",
        "Its log’s last lines say why. A supervisor should have started another one.",
    )


def _no_workers(data: Data) -> Words:
    return Words(
        "No worker is running",
        f"The last one ran until {_moment(data['seen_at'])}. "
        f"{_plural(data['queued'], 'run')} waited in the queue when this was found. No run makes "
        "progress, and none is lost; messages to webhooks wait, too.",
        "Start workers. The end of the last one’s log says why it stopped.",
    )


def _scheduler(data: Data) -> Words:
    return Words(
        "Periodic tasks have stopped",
        f"Workers were last asked for one at {_moment(data['seen_at'])}. Runs go on, and workers "
        "look for alerts by themselves. The daily audit, deletion by age and other periodic tasks "
        "wait.",
        "Check that Celery beat runs and reaches Redis. Its log says why it stopped.",
    )


def _test(data: Data) -> Words:
    return Words(
        "A test of your alerts",
        "Nothing has happened. You or someone with your token asked for it on the alerts page.",
        "Nothing has to be done.",
    )


WORDS: Mapping[Kind, Callable[[Data], Words]] = {
    Kind.BUDGET: _budget,
    Kind.SITE_BUDGET: _budget,
    Kind.DOUBT: _doubt,
    Kind.SITE_DOUBT: _site_doubt,
    Kind.SPEND_RATE: _spend_rate,
    Kind.SITE_SPEND_RATE: _spend_rate,
    Kind.AUDIT: _audit,
    Kind.BREAKER: _breaker,
    Kind.WORKER: _worker,
    Kind.NO_WORKERS: _no_workers,
    Kind.SCHEDULER: _scheduler,
    Kind.TEST: _test,
}
