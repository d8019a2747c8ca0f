"""Patterns that no submitted text may match, where the site has some.

They are those of Rust's `regex`, which looks at each character once: neither a pattern nor a text
can make it take long. It knows neither look-around nor back-references.
"""

from collections.abc import Iterable
from functools import cache

from django.conf import settings
from pydantic_core import SchemaError, SchemaValidator, core_schema

MOST_PATTERNS = 200
MAX_LENGTH = 1000


def patterns_in(lines: Iterable[str]) -> tuple[str, ...]:
    """The patterns of a file: one a line, without empty lines and those that begin with `#`.

    Raises `ValueError` for one that can't be used.
    """
    stripped = [line.strip() for line in lines]
    patterns = tuple(line for line in stripped if line and not line.startswith("#"))
    if len(patterns) > MOST_PATTERNS:
        raise ValueError(f"has more than {MOST_PATTERNS} patterns")
    for pattern in patterns:
        _check(pattern)
    return patterns


def denied(text: str) -> bool:
    """True where one of the site's patterns is in the text."""
    return any(one.isinstance_python(text) for one in _compiled(settings.DENIED_PATTERNS))


def _check(pattern: str) -> None:
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"has a pattern of more than {MAX_LENGTH} characters")
    try:
        _validator(pattern)
    except SchemaError as error:
        said = str(error).strip().splitlines()[-1].strip()
        raise ValueError(f"has a pattern that can't be used, “{pattern}”: {said}") from error


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[SchemaValidator, ...]:
    return tuple(_validator(pattern) for pattern in patterns)


def _validator(pattern: str) -> SchemaValidator:
    """A validator of text in which the pattern is found."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
