"""Runs and their steps, to read. There may be millions of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Left, Now
from django.http import HttpRequest
from django.urls import reverse

from accounts.caller import caller_of
from billing.admin.columns import confidence, dollars, exact_dollars, kind_of_money
from billing.models import Hold, LedgerEntry
from runs.catalogue.presenter import pattern_label
from runs.models import Run, Step
from runs.states import AWAITING, EXECUTING, Status
from web.admin import Link, ReadOnlyAdmin
from web.admin.columns import (
    chip,
    code,
    column,
    link,
    moment,
    number,
    rows_of,
    text,
)
from web.admin.searching import user_id, uuid

OPENING = 90
WEEK = timedelta(days=7)
# What lists don't show, and may be long.
LONG = (
    *("task", "params", "tools", "route", "config", "metadata", "tags", "answer", "partial"),
    *("sources", "warnings", "feedback_comment"),
)
RUN_TONES: Mapping[str, str] = {
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.AWAITING_FUNDS: "warn",
    Status.AWAITING_APPROVAL: "warn",
    Status.CANCELLING: "warn",
    Status.SUCCEEDED: "ok",
    Status.FAILED: "bad",
}
STEP_TONES = {"started": "running", "done": "ok", "failed": "bad", "in_doubt": "warn"}


class StateFilter(admin.SimpleListFilter):
    """Where runs are in their lives. Each choice has an index; one by outcome alone has none."""

    title = "state"
    parameter_name = "state"
    CHOICES = {
        "queued": ("In line", Q(status=Status.QUEUED)),
        "executing": ("Executing", Q(status__in=EXECUTING)),
        "awaiting": ("Waiting for a person", Q(status__in=AWAITING)),
        "failed": ("Failed in the last 7 days", Q(status=Status.FAILED)),
        "cancelled": ("Cancelled in the last 7 days", Q(status=Status.CANCELLED)),
        "ended": ("Ended", Q(finished_at__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices in words."""
        return [(key, words) for key, (words, _) in self.CHOICES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """Those runs."""
        _, wanted = self.CHOICES.get(self.value() or "", ("", Q()))
        if self.value() in ("failed", "cancelled"):
            wanted &= Q(finished_at__gt=Now() - WEEK)
        return queryset.filter(wanted)


def _opening(run: Run) -> str:
    line: str = getattr(run, "opening", run.task[:OPENING])
    words = " ".join(line.split())
    return f"{words}…" if len(line) >= OPENING else words or "(deleted)"


def _model(run: Run) -> str:
    return run.chosen_model if run.model != "auto" else f"{run.chosen_model} (auto)"


status = chip("status", "Status", RUN_TONES)
pattern = column("pattern", "Pattern", lambda run: pattern_label(run.pattern))
answer_kind = column("answer_is", "Answer is", lambda run: run.get_answer_kind_display().lower())
tools = column("tools", "Tools", lambda run: ", ".join(run.tools) or "none")
prompt_set = column("prompts", "Prompt set", lambda run: run.prompt_set or "—")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Submitted tasks."""

    empty_text = "Runs appear here as they are submitted: on the site, by the API, by commands."
    list_display = [
        column("task", "Task", _opening),
        link("owner", "User"),
        status,
        pattern,
        column("model", "Model", _model),
        dollars("cost_usd", "Cost"),
        kind_of_money(),
        moment("created_at", "Submitted"),
    ]
    list_filter = [StateFilter]
    list_select_related = ["owner"]
    found_by = {"id": uuid, "owner": user_id}
    search_help_text = "A run’s id or address, or a user’s email"
    ordering = ["-id"]
    fieldsets = [
        ("Task", {"fields": [text("task"), text("answer"), answer_kind]}),
        (
            "State",
            {
                "fields": [
                    status,
                    "stop_reason",
                    code("error"),
                    code("warnings"),
                    link("worker"),
                    number("attempt", "Workers that had it"),
                    moment("created_at", "Submitted"),
                    moment("started_at", "Started"),
                    moment("finished_at", "Ended"),
                    moment("deadline_at", "Deadline"),
                ]
            },
        ),
        (
            "Money",
            {
                "fields": [
                    exact_dollars("cost_usd", "Cost"),
                    exact_dollars("estimated_usd", "Of it, estimated"),
                    exact_dollars("in_doubt_usd", "Of it, in doubt"),
                    exact_dollars("held_usd", "Held now"),
                    exact_dollars("saved_usd", "Saved by the cache"),
                    exact_dollars("max_cost_usd", "Its own limit"),
                    kind_of_money(),
                ]
            },
        ),
        (
            "How it runs",
            {
                "fields": [
                    pattern,
                    code("params", "Pattern’s settings"),
                    "model",
                    "chosen_model",
                    "routing_reason",
                    tools,
                    prompt_set,
                    "cache",
                ]
            },
        ),
        (
            "Use",
            {
                "fields": [
                    number("llm_calls", "LLM calls"),
                    number("tool_calls", "Tool calls"),
                    number("input_tokens", "Input tokens"),
                    number("cached_input_tokens", "Of these, from the prompt cache"),
                    number("output_tokens", "Output tokens"),
                    number("reasoning_tokens", "Of these, reasoning"),
                ]
            },
        ),
        (
            "Whose",
            {
                "fields": [
                    link("owner", "User"),
                    link("api_token", "API token"),
                    "customer",
                    "session_id",
                    code("tags"),
                    code("metadata"),
                    code("id"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Of a list, without long texts."""
        found: QuerySet[Run] = super().get_queryset(request)
        match = request.resolver_match
        if match and str(match.url_name).endswith("_changelist"):
            return found.defer(*LONG).annotate(opening=Left("task", OPENING))
        return found

    def links(self, request: HttpRequest, row: Run) -> Sequence[Link]:
        """Its books; its page, where it is that of whoever asks: others' aren't shown."""
        own = row.owner_id == caller_of(request).user.pk
        return (
            *((Link("Its page", reverse("runs:detail", args=[row.pk])),) if own else ()),
            Link("Steps and calls", rows_of(Step, q=row.pk)),
            Link("Ledger lines", rows_of(LedgerEntry, q=row.pk)),
            Link("Holds", rows_of(Hold, q=row.pk)),
            Link("All runs of this user", rows_of(Run, owner__id__exact=row.owner_id)),
        )


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    """The journal: one attempt of a call of a model or of a tool."""

    empty_text = "Each call of a model or of a tool is written here before it is made."
    list_display = [
        "label",
        number("attempt"),
        chip("status", "Status", STEP_TONES),
        "kind",
        number("duration_ms", "Took, ms"),
        number("input_tokens", "Input"),
        number("output_tokens", "Output"),
        dollars("cost_usd", "Cost"),
        confidence(),
        moment("started_at", "Started"),
    ]
    found_by = {"run": uuid}
    search_help_text = "A run’s id or address"
    ordering = ["-id"]
    fieldsets = [
        (
            "Call",
            {
                "fields": [
                    "label",
                    "kind",
                    chip("status", "Status", STEP_TONES),
                    link("run"),
                    code("key"),
                    "attempt",
                    moment("started_at", "Started"),
                    moment("finished_at", "Ended"),
                    number("duration_ms", "Took, ms"),
                    code("error"),
                ]
            },
        ),
        (
            "Money",
            {
                "fields": [
                    exact_dollars("cost_usd", "Cost"),
                    confidence(),
                    exact_dollars("taken_usd", "Paid by the run it was taken from"),
                    number("input_tokens", "Input tokens"),
                    number("cached_input_tokens", "Of these, from the prompt cache"),
                    number("output_tokens", "Output tokens"),
                    number("reasoning_tokens", "Of these, reasoning"),
                ]
            },
        ),
        (
            "What was sent, and what came back",
            {"fields": [code("request"), code("response"), code("decision")]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        """Of a list, without the texts, which only a step's own page reads."""
        steps: QuerySet[Step] = super().get_queryset(request)
        match = request.resolver_match
        if match and str(match.url_name).endswith("_changelist"):
            return steps.defer("request", "response", "error", "decision")
        return steps.select_related("run")

    def links(self, request: HttpRequest, row: Step) -> Sequence[Link]:
        """Its run, and what it was charged."""
        charged = rows_of(LedgerEntry, hold__id__exact=row.hold_id)
        return (
            Link("All steps of this run", rows_of(Step, q=row.run_id)),
            *((Link("What it was charged", charged),) if row.hold_id else ()),
        )
