"""How a field looks."""

from typing import Any

from django import forms


def css(widget: forms.Widget, name: str, **attrs: Any) -> forms.Widget:
    """The widget with a class of the style sheet."""
    widget.attrs.update({"class": name, **attrs})
    return widget
