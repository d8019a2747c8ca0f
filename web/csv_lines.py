"""Rows as CSV, line by line."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

# With these a spreadsheet takes a text for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], texts: Sequence[str]
) -> Iterator[str]:
    """The header and a line a row. The columns `texts` have what people wrote."""
    yield _line(columns)
    for row in rows:
        yield _line([_safe(row[name]) if name in texts else row[name] for name in columns])


def _line(cells: Iterable[Any]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _safe(value: Any) -> Any:
    """The text itself, or behind an apostrophe, which makes it a text to a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
