"""What happened to a run, in words: the alert, the answer's heading, why there is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from billing.refusals import budget_name
from billing.templatetags.money import usd
from runs.details import Detail
from runs.engine.registry import stop_reason
from runs.engine.stop_reasons import MISMATCH
from runs.failures import advice_for
from runs.markdown import kept_html
from runs.models import Run
from runs.presenters.deleted import note_on
from runs.states import AWAITING, AnswerKind, Status
from web.wording import dollars

STOPPED = {
    "budget": "The money set aside for it was used up",
    "deadline": "Its time was up",
    "context_full": "What it had found no longer fitted into the model’s window",
}
ENDED = {
    "completed": "answered",
    "cancelled": "cancelled by you",
    "budget": "no money left",
    "budget_exceeded": "no money left",
    "deadline": "deadline passed",
    "context_full": "window full",
    MISMATCH: "doesn’t fit its schema",
}
MORE = {
    "budget": "Rerun it when more money is free for a complete answer.",
    "deadline": "Rerun it with more time for a complete answer.",
    "context_full": "Rerun it with a model that reads more for a complete answer.",
    MISMATCH: "Rerun it with a stronger model, or with a simpler schema.",
}
HEADINGS = {
    AnswerKind.FINAL: ("Answer", "", ""),
    AnswerKind.BEST_EFFORT: ("Best effort", "incomplete", "tag-warn"),
    AnswerKind.PARTIAL: ("Partial", "not checked", ""),
    AnswerKind.NONE: ("Answer", "", ""),
}
EMPTY = {
    Status.QUEUED: ("clock", "Waiting for a worker", "It starts as soon as one is free."),
    Status.AWAITING_FUNDS: ("pause", "It waits for you", "What it did so far is below."),
    Status.AWAITING_APPROVAL: ("pause", "It waits for you", "What it did so far is below."),
    Status.FAILED: ("warn", "No answer", "The run ended before it had one. What it did is below."),
    Status.CANCELLED: ("stop", "No answer", "The run was cancelled before it had one."),
    Status.SUCCEEDED: ("warn", "No answer", "The run ended without one."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alert:
    """The line under the header of a run that didn't simply succeed."""

    css: str
    icon: str
    role: str
    lead: str
    rest: str
    code: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """The Answer card: a heading and either HTML, or why there is none."""

    heading: str
    tag: str
    tag_css: str
    html: SafeString | str
    empty: tuple[str, str, str] | None


def reference(run: Run) -> str:
    """The short form of a run's id, for support."""
    return str(run.pk)[:18]


def alert(run: Run, limit: Mapping[str, Any] | None = None) -> Alert | None:
    """What the reader has to know at once; None when all went well or still goes on.

    `limit` has the figures of the limit that stopped its buying, where one did.
    """
    cost = f"It cost {usd(run.cost_usd)}." if run.cost_usd else "It cost nothing."
    if run.status == Status.FAILED:
        error = run.error or {}
        message = error.get("message") or "The run failed."
        code = error.get("code", "")
        advice = _advice(error) if code == "budget_exceeded" else advice_for(code)
        rest = f"{cost} {advice}".strip()
        return Alert("alert-bad", "warn", "alert", message, rest, code, reference(run))
    if run.status == Status.CANCELLED:
        return Alert(
            "",
            "stop",
            "status",
            "You cancelled this run.",
            f"Nothing was bought after that. {cost}",
        )
    if run.stop_reason == "budget" and run.status == Status.SUCCEEDED:
        lead = f"{_limit(limit or {})} was reached,"
        rest = f"so it stopped buying and answered with what it had. {cost} {_advice(limit or {})}"
        return Alert("alert-warn", "wallet", "status", lead, rest)
    if run.stop_reason == MISMATCH:
        lead = "The answer could not be brought into its schema,"
        rest = f"so it is shown as it was written. {cost} {MORE[MISMATCH]}"
        return Alert("alert-warn", "warn", "status", lead, rest)
    if run.answer_kind == AnswerKind.BEST_EFFORT:
        own = stop_reason(run.pattern, run.stop_reason)
        why = own.clause if own else STOPPED.get(run.stop_reason, "It had to stop early")
        more = own.advice if own else MORE.get(run.stop_reason, "")
        rest = f"so the answer is what it had found by then. {cost} {more}".strip()
        return Alert("alert-warn", "warn", "status", f"{why},", rest)
    return None


def _limit(limit: Mapping[str, Any]) -> str:
    """The limit in words."""
    if "scope" not in limit:
        return "The end of the money set aside for it"
    most = dollars(Decimal(limit["limit_usd"]))
    if limit["scope"] == "run":
        return f"This run’s cost limit of {most}"
    name = budget_name(limit["scope"], limit["window"])
    return f"{name[0].upper()}{name[1:]} of {most}"


def _advice(limit: Mapping[str, Any]) -> str:
    """What the reader can do about a limit."""
    if limit.get("scope") == "run":
        return "Rerun it with a higher cost limit to get further."
    if limit.get("resets_at"):
        moment = datetime.fromisoformat(limit["resets_at"]).astimezone(ZoneInfo(limit["timezone"]))
        when = f"{moment.day} {moment:%b, %H:%M} ({limit['timezone']})"
        return f"Rerun it after the budget resets on {when}, or ask staff for a higher limit."
    return "Ask staff for a higher limit, then rerun it."


def ended(run: Run) -> str:
    """Why the run ended, for Details."""
    if run.cache_hit:
        return "answered from the cache"
    own = stop_reason(run.pattern, run.stop_reason)
    return own.short if own else ENDED.get(run.stop_reason, run.stop_reason.replace("_", " "))


def _waiting_for_money(run: Run) -> tuple[str, str, str]:
    free = f"It goes on as soon as {usd(run.needs_usd)} is free."
    return "wallet", "Waiting for money", f"Other runs hold the rest of a budget. {free}"


def _shown(run: Run) -> str:
    """The answer as it is laid out: an object as a block of code."""
    found = run.answer_json
    if found is None:
        return run.answer or ""
    return f"```json\n{json.dumps(found, indent=2, ensure_ascii=False)}\n```"


def answer_card(run: Run) -> AnswerCard:
    """The answer as sanitised HTML with its heading."""
    heading, tag, css = HEADINGS[AnswerKind(run.answer_kind)]
    if run.status == Status.QUEUED and run.needs_usd is not None:
        return AnswerCard(heading, "", "", "", _waiting_for_money(run))
    if run.status in AWAITING and run.partial:
        return AnswerCard("What it has so far", "not finished", "", kept_html(run.partial), None)
    if run.answer:
        return AnswerCard(heading, tag, css, kept_html(_shown(run)), None)
    if note := note_on(run, Detail.ANSWER):
        return AnswerCard("Answer", "", "", "", ("clock", "No longer kept", note))
    return AnswerCard(heading, "", "", "", EMPTY.get(Status(run.status)))
