"""Which field of a form the reader begins in."""

from django import template
from django.forms import BoundField

register = template.Library()


@register.simple_tag
def autofocus(field: BoundField, first: object) -> str:
    """`autofocus` for the first field that is wrong; where none is, for the one meant to be first.

    A page has one such field, or the browser chooses.
    """
    wrong = [name for name in field.form.fields if name in field.form.errors]
    return "autofocus" if (field.name == wrong[0] if wrong else first) else ""
