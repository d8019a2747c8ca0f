"""How moments and durations are written on pages; moments are exact in the title."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SOON = timedelta(days=14)
MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def day(moment: datetime) -> str:
    """`17 Nov`, with the year only when it isn't this one."""
    local = timezone.localtime(moment)
    year = "" if local.year == timezone.localdate().year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"


def _element(moment: datetime, text: str) -> SafeString:
    exact = f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
    template_text = '<time datetime="{}" title="{}">{}</time>'
    return format_html(template_text, moment.isoformat(), exact, text)


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long since: `2 min ago`, `yesterday`, `1 Nov`; a dash for never."""
    if moment is None:
        return "—"
    passed = (timezone.now() - moment).total_seconds()
    if passed < MINUTE:
        text = "just now"
    elif passed < HOUR:
        text = f"{int(passed // MINUTE)} min ago"
    elif passed < DAY:
        text = f"{int(passed // HOUR)} h ago"
    elif timezone.localdate() - timezone.localdate(moment) == timedelta(days=1):
        text = "yesterday"
    else:
        text = day(moment)
    return _element(moment, text)


@register.filter
def expiry(moment: datetime | None) -> SafeString | str:
    """When something ends: `in 62 days`, `in 5 h`, `expired 3 Nov`, or `never`."""
    if moment is None:
        return "never"
    left = (moment - timezone.now()).total_seconds()
    if left <= 0:
        text = f"expired {day(moment)}"
    elif left < DAY:
        text = f"in {max(1, round(left / HOUR))} h"
    else:
        days = round(left / DAY)
        text = f"in {days} day{'' if days == 1 else 's'}"
    return _element(moment, text)


@register.filter
def is_soon(moment: datetime | None) -> bool:
    """True within 14 days of the moment."""
    return moment is not None and moment - timezone.now() < SOON


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
    if milli < 950:  # above, `milliseconds` would say 1.0 s
        return milliseconds(max(0, milli))
    return clock(max(value, timedelta(seconds=1)))


@register.filter
def offset(value: timedelta) -> str:
    """How long after the beginning: `0 s`, `+3.1 s`, `+2:06`."""
    milli = int(value.total_seconds() * 1000)
    return f"+{milliseconds(milli)}" if milli > 0 else "0 s"


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
