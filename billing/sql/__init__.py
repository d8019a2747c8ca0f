"""The set of SQL functions that move money and runs: its sources, and its number.

The sources are the `.sql` files here and in `runs/sql`; they write `billing.hold(...)`. A set that
is frozen into migrations has a number and a schema an app, as in `billing_1.hold(...)`. So two sets
work side by side on the same tables, and each release names the one that it was made for.
"""

import re
from pathlib import Path

# Written by `manage.py freeze_sql`.
SET = 6
APPS = ("billing", "runs")
ROOT = Path(__file__).parents[2]
NAME = re.compile(rf"\b({'|'.join(APPS)})\.")


def schema(app: str, number: int | str = SET) -> str:
    """The schema of an app's functions in a set."""
    return f"{app}_{number}"


def sources(app: str, root: Path = ROOT) -> str:
    """All of an app's functions as its files have them: types first, since functions name them."""
    files = sorted(
        (root / app / "sql").glob("*.sql"), key=lambda path: (path.stem != "types", path)
    )
    return "\n".join(path.read_text() for path in files)


def named(text: str, number: int | str = SET) -> str:
    """SQL in which `billing.hold` has become the function of a set, as `billing_1.hold`."""
    return NAME.sub(lambda found: f"{schema(found[1], number)}.", text)


def frozen(app: str, number: int | str = SET) -> str:
    """The statements that make an app's part of a set. They run in one transaction.

    Bodies aren't checked, since a function may stand before those that it calls.
    """
    text = named(sources(app), number)
    return (
        f"SET LOCAL check_function_bodies = off;\nCREATE SCHEMA {schema(app, number)};\n\n{text}\n"
        "SET LOCAL check_function_bodies = on;\n"
    )
