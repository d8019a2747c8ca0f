"""How icons, times, durations and tokens are written on pages."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.selectors.bill import BillLine
from runs.models import Run
from runs.presenters.catalogue import pattern_label
from runs.presenters.cost import COLOURS
from runs.states import AnswerKind, Status

register = template.Library()
register.filter("pattern_label", pattern_label)

MINUTE = 60
HOUR = 3600
DAY = 86_400
CHIPS = {
    Status.QUEUED: "chip-queued",
    Status.RUNNING: "chip-running",
    Status.CANCELLING: "chip-warn",
    Status.SUCCEEDED: "chip-ok",
    Status.FAILED: "chip-bad",
    Status.CANCELLED: "chip-off",
}


@register.simple_tag
def icon(name: str, *sizes_and_classes: str) -> SafeString:
    """One icon of the sprite; `sm` is the 14 px one. Always beside words or a label."""
    classes = ["i", *("i-sm" if css == "sm" else css for css in sizes_and_classes)]
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>', " ".join(classes), name
    )


@register.filter
def milliseconds(value: int | None) -> str:
    """A step's duration: `12 ms`, `3.1 s`, `2:06`."""
    if value is None:
        return ""
    if value < 100:
        return f"{value} ms"
    if value < MINUTE * 1000:
        return f"{value / 1000:.1f} s"
    return clock(timedelta(milliseconds=value))


@register.filter
def clock(value: timedelta | None) -> str:
    """A run's duration: `0:48`, `12:05`, `1:02:03`."""
    if value is None:
        return ""
    seconds = max(0, int(value.total_seconds()))
    hours, rest = divmod(seconds, HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def lasted(value: timedelta) -> str:
    """How long something took that is over: as `clock`, and below a second `0.4 s`."""
    milli = int(value.total_seconds() * 1000)
    return clock(value) if milli >= 1000 else milliseconds(max(0, milli))


@register.filter
def age(value: timedelta | None) -> str:
    """How long ago, for heartbeats and queues: `0.4 s`, `12 s`, `3 min`, `2 h`."""
    if value is None:
        return ""
    seconds = max(0.0, value.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    return _span(int(seconds))


def _span(seconds: int) -> str:
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h"


def _in_words(moment: datetime, now: datetime) -> str:
    seconds = int((now - moment).total_seconds())
    if seconds < 10:
        return "now"
    if seconds < DAY:
        return f"{_span(seconds)} ago"
    form = "{0.day} {0:%b}" if moment.year == now.year else "{0.day} {0:%b} {0.year}"
    return form.format(moment)


@register.filter
def when(moment: datetime | None) -> str | SafeString:
    """A `<time>`: relative up to a day, then the date; the exact time on hover.

    `times.js` rewrites both in the reader's zone.
    """
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        moment.isoformat(),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        _in_words(moment, timezone.now()),
    )


@register.filter
def compact(tokens: int) -> str:
    """Tokens in few digits: `812`, `13,365`, `0.62 M`, `4.1 M`."""
    return f"{tokens / 1_000_000:.2g}\u00a0M" if tokens >= 100_000 else f"{tokens:,}"


@register.filter
def counted(number: int) -> str:
    """Every digit of a count, for where an amount is explained: `1,204,311`."""
    return f"{number:,}"


@register.inclusion_tag("runs/_chip.html")
def status_chip(run: Run) -> dict[str, str]:
    """The status of a run as a chip: colour, shape and word."""
    return {"css": CHIPS[Status(run.status)], "label": run.get_status_display()}


@register.filter
def took(run: Run) -> str:
    """How long a run has been executing, or did; empty before it starts."""
    if run.started_at is None:
        return ""
    if run.finished_at is None:
        return clock(timezone.now() - run.started_at)
    return lasted(run.finished_at - run.started_at)


@register.filter
def remark(run: Run) -> str:
    """The small line under a task in a list: how it ended, and its tokens."""
    if run.status == Status.QUEUED:
        return "Waits for a worker" if run.needs_usd is None else "Waits for money"
    parts = []
    if run.status == Status.FAILED and run.error:
        parts.append(str(run.error.get("message", "")).removesuffix("."))
    if run.answer_kind == AnswerKind.BEST_EFFORT:
        parts.append("Stopped early, best effort")
    elif run.answer_kind == AnswerKind.PARTIAL:
        parts.append("Partial answer kept")
    if run.input_tokens:
        parts.append(f"{compact(run.input_tokens)} in · {compact(run.output_tokens)} out")
    return " · ".join(filter(None, parts))


@register.filter
def bucket_colour(line: BillLine) -> str:
    """The colour of a bill line's bucket, as `app.css` numbers them."""
    return COLOURS[line.bucket]


@register.filter
def pretty_json(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The query string of this page with some parameters changed; an empty value removes one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
