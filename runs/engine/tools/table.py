"""Tables in CSV: filter, group and aggregate, sort, select, in this order."""

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

from runs.engine.tools import csv_rows
from runs.engine.tools.csv_rows import DELIMITERS, EXACT, Row, number, plain
from runs.engine.tools.numbers import SHOWN_DIGITS
from runs.engine.tools.tool import Tool, ToolError
from runs.engine.tools.work import bounded, off_the_loop

MAX_BYTES = 1024 * 1024
MAX_LISTED = 20
# How many cells are read as numbers at most: each takes about a microsecond.
MAX_LOOKS = 100_000

Arguments = dict[str, Any]
Table = tuple[Row, list[Row]]

FIGURES: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda values: sum(values, Decimal()),
    "mean": lambda values: Context(SHOWN_DIGITS).divide(sum(values, Decimal()), len(values)),
    "min": min,
    "max": max,
}
AGGREGATES = ("count", *FIGURES)


def work(arguments: Arguments) -> str:
    """The table that is asked for, as CSV. Raises `ToolError`."""
    delimiter = DELIMITERS[arguments.get("delimiter", "comma")]
    with localcontext(EXACT):
        table = csv_rows.read(bounded(arguments["csv"], MAX_BYTES), delimiter)
        _check_size(table, arguments)
        for condition in arguments.get("where", ()):
            table = _where(table, condition)
        if arguments.get("group_by") or arguments.get("figures"):
            table = _grouped(table, arguments)
        if key := arguments.get("sort_by"):
            table = _sorted(table, key, descending=arguments.get("descending", False))
        names, rows = _selected(table, arguments)
        shown = csv_rows.written(names, rows, delimiter)
    return f"{shown}[{len(rows):,} of {len(table[1]):,} rows]"


def _check_size(table: Table, arguments: Arguments) -> None:
    each = (*arguments.get("where", ()), *arguments.get("figures", ()), "sort_by")
    if len(table[1]) * len(each) > MAX_LOOKS:
        raise ToolError("The table has too many rows for so many filters and figures at once.")


def _place(names: Row, name: str) -> int:
    if name not in names:
        some = ", ".join(names[:MAX_LISTED])
        raise ToolError(f"There is no column “{name[:80]}”. The columns are: {some}")
    return names.index(name)


def _where(table: Table, condition: Arguments) -> Table:
    names, rows = table
    place, wanted = _place(names, condition["column"]), condition["value"]
    fits = _test(condition["is"], wanted)
    return names, [row for row in rows if fits(row[place])]


def _test(sign: str, wanted: str) -> Callable[[str], bool]:
    if sign == "contains":
        return lambda cell: wanted in cell
    least = number(wanted)
    if sign in ("=", "!="):
        return lambda cell: _equal(cell, wanted, least) == (sign == "=")
    if least is None:
        raise ToolError(f"{sign} compares numbers, and “{wanted[:80]}” is none.")
    return lambda cell: (value := number(cell)) is not None and _ordered(sign, value, least)


def _equal(cell: str, wanted: str, value: Decimal | None) -> bool:
    return cell == wanted or (value is not None and number(cell) == value)


def _ordered(sign: str, value: Decimal, other: Decimal) -> bool:
    return {
        "<": value < other,
        "<=": value <= other,
        ">": value > other,
        ">=": value >= other,
    }[sign]


def _grouped(table: Table, arguments: Arguments) -> Table:
    """A row for each group, in the order in which they first come; without groups, one row."""
    names, rows = table
    by = [_place(names, name) for name in arguments.get("group_by", ())]
    figures = arguments.get("figures") or [{"figure": "count"}]
    groups: dict[tuple[str, ...], list[Row]] = {} if by else {(): []}
    for row in rows:
        groups.setdefault(tuple(row[place] for place in by), []).append(row)
    heads = [names[place] for place in by] + [_head(figure) for figure in figures]
    found = [
        [*key, *(_figure(names, members, figure) for figure in figures)]
        for key, members in groups.items()
    ]
    return heads, found


def _head(figure: Arguments) -> str:
    return "_".join(part for part in (figure["figure"], figure.get("column")) if part)


def _figure(names: Row, rows: list[Row], asked: Arguments) -> str:
    """One figure of a group. Empty cells don't count, and text among numbers is refused."""
    figure, column = asked["figure"], asked.get("column")
    if figure == "count" and column is None:
        return str(len(rows))
    if column is None:
        raise ToolError(f"{figure} needs a column.")
    place = _place(names, column)
    cells = [row[place] for row in rows if row[place].strip()]
    if figure == "count":
        return str(len(cells))
    values = [number(cell) for cell in cells]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values):
        text = cells[values.index(None)]
        raise ToolError(f"“{text[:80]}” in {column} is no number.")
    return plain(FIGURES[figure](numbers)) if numbers else ""


def _sorted(table: Table, name: str, *, descending: bool) -> Table:
    """By a column: numbers by their size and before texts, empty cells last either way."""
    names, rows = table
    place = _place(names, name)
    filled = [row for row in rows if row[place].strip()]
    empty = [row for row in rows if not row[place].strip()]
    filled.sort(key=lambda row: _rank(row[place]), reverse=descending)
    return names, filled + empty


def _rank(cell: str) -> tuple[bool, Decimal, str]:
    value = number(cell)
    return value is None, value or Decimal(), "" if value is not None else cell


def _selected(table: Table, arguments: Arguments) -> Table:
    names, rows = table
    rows = rows[: arguments.get("limit", len(rows))]
    if columns := arguments.get("select"):
        places = [_place(names, name) for name in columns]
        return columns, [[row[place] for place in places] for row in rows]
    return names, rows


NAME = {"type": "string", "maxLength": 200}

TABLE = Tool(
    name="table",
    label="Table",
    description=(
        "Works on a CSV table whose first line names the columns: `where` filters, `group_by` and "
        "`figures` make one row a group (columns like sum_price, count), `sort_by`, `select` "
        "and `limit` shape what is shown. Exact decimals."
    ),
    schema={
        "type": "object",
        "properties": {
            "csv": {"type": "string", "maxLength": MAX_BYTES},
            "delimiter": {"type": "string", "enum": list(DELIMITERS)},
            "where": {
                "type": "array",
                "maxItems": 10,
                "description": "All of these have to hold",
                "items": {
                    "type": "object",
                    "properties": {
                        "column": NAME,
                        "is": {"enum": ["=", "!=", "<", "<=", ">", ">=", "contains"]},
                        "value": {"type": "string", "maxLength": 1000},
                    },
                    "required": ["column", "is", "value"],
                    "additionalProperties": False,
                },
            },
            "group_by": {"type": "array", "maxItems": 5, "items": NAME},
            "figures": {
                "type": "array",
                "maxItems": 10,
                "items": {
                    "type": "object",
                    "properties": {"figure": {"enum": list(AGGREGATES)}, "column": NAME},
                    "required": ["figure"],
                    "additionalProperties": False,
                },
            },
            "sort_by": NAME,
            "descending": {"type": "boolean"},
            "select": {"type": "array", "maxItems": csv_rows.MAX_COLUMNS, "items": NAME},
            "limit": {"type": "integer", "minimum": 1},
        },
        "required": ["csv"],
        "additionalProperties": False,
    },
    run=off_the_loop(work),
    stable=True,
    timeout_s=10.0,
)
