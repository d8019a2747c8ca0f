"""Icons on pages."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, *sizes_and_classes: str) -> SafeString:
    """One icon of the sprite; `sm` is the 14 px one. Always beside words or a label."""
    classes = ["i", *("i-sm" if css == "sm" else css for css in sizes_and_classes)]
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>', " ".join(classes), name
    )
