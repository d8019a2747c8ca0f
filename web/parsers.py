"""Reads JSON bodies and refuses what the database can't keep, before anything is written."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
# Integers of 64 bits, with a sign or without one.
LEAST, MOST = -(2**63), 2**64 - 1


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"The body is not valid JSON: {name} is not a JSON value.")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of bounded size and depth, with text and numbers that Postgres accepts."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body. Raises `ParseError`, `ValidationError`, `RequestDataTooBig`."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error
        check(data)
        return data


def check(data: Any) -> None:
    """Raise `ValidationError` for parsed JSON that can't be kept."""
    for field, value, depth in _values(data):
        if depth > MAX_DEPTH:
            raise ValidationError({field: ["This is nested too deeply."]})
        if isinstance(value, str) and not _storable(value):
            raise ValidationError({field: ["Null characters and lone surrogates are not allowed."]})
        if isinstance(value, int | float) and not _countable(value):
            raise ValidationError({field: ["This number is too large."]})


def _values(data: Any) -> Iterator[tuple[str, Any, int]]:
    """Every key and value inside `data`, with its top-level field and depth; not recursive."""
    pending: list[tuple[str, Any, int]] = [("", data, 0)]
    while pending:
        field, value, depth = pending.pop()
        yield field or "body", value, depth
        if isinstance(value, dict) and depth <= MAX_DEPTH:
            for key, inner in value.items():
                yield field or "body", key, depth
                pending.append((field or key, inner, depth + 1))
        elif isinstance(value, list) and depth <= MAX_DEPTH:
            pending.extend((field, inner, depth + 1) for inner in value)


def _countable(number: Any) -> bool:
    """True for what every JSON writer of ours writes."""
    if isinstance(number, float):
        return math.isfinite(number)
    return bool(LEAST <= number <= MOST)


def _storable(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
