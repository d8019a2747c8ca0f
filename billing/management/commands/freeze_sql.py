"""`manage.py freeze_sql`: changed SQL functions become a new set, in migrations of their own."""

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

from billing import sql

MIGRATION = '''"""Set {number} of the SQL functions, made by `manage.py freeze_sql`."""

from django.db import migrations

CREATE = r"""{create}"""
DROP = "DROP SCHEMA {schema} CASCADE"


class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [{operations}]
'''


class Command(BaseCommand):
    """Freezes the sources into the next set, or says that they are frozen."""

    help = "Freeze changed SQL functions into a new set with migrations of its own."
    requires_migrations_checks = False
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` and `--drop`."""
        parser.add_argument(
            "--check", action="store_true", help="only fail when the sources are not frozen"
        )
        parser.add_argument(
            "--drop", type=int, metavar="SET", help="drop this set, which no release uses any more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` when `--check` finds a change, or when `--drop` would hurt."""
        if is_frozen():
            self.stdout.write(f"Set {sql.SET} is what the sources say.")
        elif options["check"]:
            raise CommandError("The SQL functions were changed: run manage.py freeze_sql.")
        else:
            if options["drop"] is not None and options["drop"] >= sql.SET:
                raise CommandError(f"Set {options['drop']} may still be in use.")
            freeze(sql.SET + 1, drop=options["drop"])
            self.stdout.write(f"Set {sql.SET + 1} is frozen: commit its migrations.")


def is_frozen() -> bool:
    """True when the migrations of the present set say what the sources say."""
    return all(_migrated(app) == sql.frozen(app) for app in sql.APPS)


def freeze(number: int, *, drop: int | None = None) -> None:
    """Write a migration an app, and the set's number."""
    graph = MigrationLoader(None).graph
    new: list[tuple[str, str]] = []
    for app in sql.APPS:
        (leaf,) = graph.leaf_nodes(app)
        name = f"{int(leaf[1][:4]) + 1:04}_sql_{number}"
        text = MIGRATION.format(
            number=number,
            create=sql.frozen(app, number),
            schema=sql.schema(app, number),
            dependencies=_literal([leaf, *new]),
            operations=_operations(app, drop),
        )
        (sql.ROOT / app / "migrations" / f"{name}.py").write_text(text)
        new.append((app, name))
    module = Path(sql.__file__)
    module.write_text(module.read_text().replace(f"SET = {sql.SET}\n", f"SET = {number}\n"))


def _operations(app: str, drop: int | None) -> str:
    """The new set comes, and an old one may go."""
    gone = f', migrations.RunSQL("DROP SCHEMA IF EXISTS {sql.schema(app, drop or 0)} CASCADE")'
    return "migrations.RunSQL(CREATE, DROP)" + ("" if drop is None else gone)


def _literal(nodes: list[tuple[str, str]]) -> str:
    return "[" + ", ".join(f'("{app}", "{name}")' for app, name in nodes) + "]"


def _migrated(app: str) -> str | None:
    """What the migration of the present set creates; None without one."""
    for path in (sql.ROOT / app / "migrations").glob(f"*_sql_{sql.SET}.py"):
        text: str = import_module(f"{app}.migrations.{path.stem}").CREATE
        return text
    return None
