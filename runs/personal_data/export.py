"""All that the site has of a user: one record a line, as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any

import orjson
from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit.selectors import own_entries
from accounts.models import ApiToken, User
from accounts.sign_in_models import SignIn
from billing.models import Budget
from billing.money import format_usd
from billing.selectors.spend import lines_of
from runs.alert_models import Alert, AlertNotice, AlertPreferences, TokenGuard
from runs.api.serializers.run import run_bodies
from runs.api.serializers.step import StepSerializer
from runs.forecast_models import MonthForecast
from runs.models import (
    PromptSet,
    PromptSetVersion,
    Run,
    RunEvent,
    RunShare,
    Step,
    Webhook,
    WebhookDelivery,
)
from runs.selectors.stream import event_message

VERSION = 2
RUNS_AT_A_TIME = 20
ROWS_AT_A_TIME = 200
OF_USER = (
    *("id", "email", "name", "is_staff", "date_joined", "last_login", "verified_at"),
    *("submits_per_minute", "submits_per_hour"),
)
OF_TOKEN = (
    *("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"),
    *("submits_per_minute", "submits_per_hour"),
)
OF_BUDGET = ("id", "scope", "api_token_id", "period", "timezone", "hard", "limit_usd", "created_at")
OF_WEBHOOK = ("id", "url", "description", "events", "enabled", "created_at", "delivered_at")
OF_DELIVERY = (
    *("id", "webhook_id", "type", "data", "status", "attempts", "created_at", "delivered_at"),
)
OF_PROMPTS = ("id", "name", "pattern", "latest", "created_at", "changed_at")
OF_VERSION = (
    *("prompt_set_id", "number", "custom_instructions", "goals", "prompts", "note", "created_at"),
)
OF_ALERT = ("id", "kind", "subject", "threshold", "starts_at", "ends_at", "data", "created_at")
OF_NOTICE = ("id", "alert_id", "mail", "mailed_at", "messages")
OF_PREFERENCES = (*("no_mail", "no_webhook", "daily", "daily_hour", "timezone", "pause_tokens"),)
OF_GUARD = ("token_id", "pauses", "paused_at", "alert_id")
OF_FORECAST = (
    *("id", "simulated", "day", "low_usd", "p50_usd", "high_usd", "given_at"),
    *("actual_usd", "scored_at"),
)
OF_SIGN_IN = ("id", "address", "device", "signed_in_at", "seen_at")
OF_FACTOR = ("type", "created_at", "last_used_at")
OF_SHARE = ("run_id", "with_steps", "created_at", "expires_at")
OF_ENTRY = (
    *("id", "at", "action", "actor_id", "user_id", "token_id", "via", "address", "device"),
    *("about", "about_id", "before", "after", "request_id"),
)
OF_LINE = (
    *("id", "run_id", "api_token_id", "step_key", "attempt", "pattern", "model", "provider"),
    *("simulated", "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens"),
    *("output_tokens", "reasoning_tokens", "input_price", "cached_input_price"),
    *("cache_write_price", "output_price", "price_source", "amount", "confidence", "held_at"),
    *("charged_at", "reverses_id"),
)
# What a run was asked for beside what the API shows of it.
OF_CONFIG = ("custom_instructions", "goals", "prompts", "roles")

Line = dict[str, Any]


def exported(user: User) -> Iterator[str]:
    """The lines, several at a time. The last one counts the others, so that a cut shows.

    Secrets are left out: keys of tokens, secrets of webhooks and second factors, the password.
    """
    counted: Counter[str] = Counter()
    parts = (
        _of_account(user),
        _of_access(user),
        _of_alerts(user),
        _of_runs(user),
        _of_shares(user),
    )
    for record, line in chain(*parts, _of_ledger(user)):
        counted[record] += 1
        yield _text(record, line)
    yield _text("end", {"lines": dict(counted)})


def _of_account(user: User) -> Iterator[tuple[str, Line]]:
    yield "export", {"version": VERSION, "user": user.email, "exported_at": timezone.now()}
    mine = {"user": user}
    sets = PromptSet.objects.visible_to(user)
    hooks = Webhook.objects.visible_to(user)
    yield from _rows("profile", User.objects.filter(pk=user.pk), OF_USER)
    yield from _rows("token", ApiToken.objects.filter(**mine), OF_TOKEN)
    yield from _rows("budget", Budget.objects.filter(**mine), OF_BUDGET)
    yield from _rows("budget", Budget.objects.filter(api_token__user=user), OF_BUDGET)
    yield from _rows("prompt_set", sets, OF_PROMPTS)
    versions = PromptSetVersion.objects.filter(prompt_set__in=sets)
    yield from _rows("prompt_set_version", versions, OF_VERSION)
    yield from _rows("webhook", hooks, OF_WEBHOOK)
    messages = WebhookDelivery.objects.filter(webhook__in=hooks)
    yield from _rows("webhook_message", messages, OF_DELIVERY)
    months = MonthForecast.objects.visible_to(user)
    yield from _rows("month_forecast", months, OF_FORECAST)


def _of_access(user: User) -> Iterator[tuple[str, Line]]:
    yield from _rows("sign_in", SignIn.objects.filter(user=user), OF_SIGN_IN)
    yield from _rows("second_factor", Authenticator.objects.filter(user=user), OF_FACTOR)
    yield from _rows("audit_entry", own_entries(user), OF_ENTRY)


def _of_alerts(user: User) -> Iterator[tuple[str, Line]]:
    yield from _rows("alert", Alert.objects.visible_to(user), OF_ALERT)
    yield from _rows("alert_notice", AlertNotice.objects.visible_to(user), OF_NOTICE)
    preferences = AlertPreferences.objects.filter(user=user)
    yield from _rows("alert_preferences", preferences, OF_PREFERENCES)
    yield from _rows("token_guard", TokenGuard.objects.filter(token__user=user), OF_GUARD)


def _of_runs(user: User) -> Iterator[tuple[str, Line]]:
    for runs in _batches(Run.objects.visible_to(user), RUNS_AT_A_TIME):
        for run, body in zip(runs, run_bodies(runs), strict=True):
            yield "run", {**body, **{name: run.config.get(name) for name in OF_CONFIG}}
            for steps in _batches(Step.objects.filter(run=run), ROWS_AT_A_TIME):
                for step in steps:
                    yield "step", {"run_id": run.pk, **StepSerializer(step).data}
            for events in _batches(RunEvent.objects.filter(run=run), ROWS_AT_A_TIME, by="seq"):
                for event in events:
                    yield "event", {"run_id": run.pk, **event_message(event)}


def _of_shares(user: User) -> Iterator[tuple[str, Line]]:
    shares = RunShare.objects.filter(run__in=Run.objects.visible_to(user))
    yield from _rows("shared_run", shares, OF_SHARE)


def _of_ledger(user: User) -> Iterator[tuple[str, Line]]:
    return _rows("ledger_line", lines_of(user), OF_LINE)


def _rows(record: str, rows: QuerySet[Any], names: Iterable[str]) -> Iterator[tuple[str, Line]]:
    for batch in _batches(rows, ROWS_AT_A_TIME):
        for row in batch:
            yield record, {name: getattr(row, name) for name in names}


def _batches(rows: QuerySet[Any], size: int, *, by: str = "pk") -> Iterator[list[Any]]:
    """All rows in their order, each batch by a query of its own: none is open in between."""
    following = ordered = rows.order_by(by)
    while batch := list(following[:size]):
        yield batch
        following = ordered.filter(**{f"{by}__gt": getattr(batch[-1], by)})


def _text(record: str, line: Line) -> str:
    return orjson.dumps({"record": record, **line}, default=_plain).decode() + "\n"


def _plain(value: Any) -> str:
    """What JSON has no word for: money to the last digit."""
    return format_usd(value) if isinstance(value, Decimal) else str(value)
