"""Searching large tables by what has an index: ids and people, never parts of texts."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

UUID_IN_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_DIGITS = 18

# Reads a value of a field out of what was typed; None where there is none.
Reader = Callable[[str], Any]


def uuid(typed: str) -> UUID | None:
    """A UUID, also in the address of a page."""
    found = UUID_IN_TEXT.search(typed)
    return UUID(found.group()) if found else None


def whole_number(typed: str) -> int | None:
    """An id that counts."""
    plain = typed.isascii() and typed.isdecimal() and len(typed) <= MAX_DIGITS
    return int(typed) if plain else None


def user_id(typed: str) -> int | None:
    """The id of the user with this e-mail address."""
    if "@" not in typed or "\0" in typed:
        return None
    users = get_user_model().objects.filter(email=typed)
    found: int | None = users.values_list("pk", flat=True).first()
    return found


def plain(typed: str) -> str | None:
    """The text itself, letter by letter."""
    return None if "\0" in typed else typed
