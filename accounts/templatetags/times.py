"""How moments are written on pages: relative up to a day, exact in the title."""

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
