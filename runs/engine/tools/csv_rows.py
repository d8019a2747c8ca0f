"""Reading and writing CSV within limits. Numbers are decimals, exactly as they are written."""

import csv
import io
from collections.abc import Iterable
from decimal import Context, Decimal, DecimalException

from runs.engine.tools.tool import ToolError

MAX_COLUMNS = 200
MAX_ROWS = 20_000
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
MAX_NUMBER_CHARS = 60
# Sums of numbers of this size are exact.
EXACT = Context(prec=200)

Row = list[str]


def read(text: str, delimiter: str) -> tuple[Row, list[Row]]:
    """The names of the columns and the rows, each as long as these. Raises `ToolError`."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        _check(names)
        rows: list[Row] = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) > len(names):
                raise ToolError(f"Line {reader.line_num} has more cells than there are columns.")
            if len(rows) == MAX_ROWS:
                raise ToolError(f"The table has more than {MAX_ROWS:,} rows.")
            rows.append(cells + [""] * (len(names) - len(cells)))
    except csv.Error as error:
        raise ToolError(f"This is no CSV: {error}") from error
    return names, rows


def _check(names: Row) -> None:
    if not any(names):
        raise ToolError("The first line has to name the columns.")
    if len(names) > MAX_COLUMNS:
        raise ToolError(f"The table has more than {MAX_COLUMNS} columns.")
    if len(set(names)) < len(names):
        raise ToolError("Two columns have the same name.")


def written(names: Row, rows: Iterable[Row], delimiter: str) -> str:
    """As CSV."""
    to = io.StringIO()
    writer = csv.writer(to, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return to.getvalue()


def number(cell: str) -> Decimal | None:
    """The number in a cell; None where it is none, or none that is finite and of usual size."""
    if len(cell) > MAX_NUMBER_CHARS:
        return None
    try:
        # Python would read underscores as it reads them in its source.
        value = EXACT.create_decimal(cell.strip().replace("_", "x"))
    except DecimalException:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < MAX_NUMBER_CHARS else None


def plain(value: Decimal) -> str:
    """A number without an exponent."""
    return f"{value:f}"
