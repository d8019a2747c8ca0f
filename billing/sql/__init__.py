"""The SQL functions of the hot paths, one file each, loaded by migrations."""

from pathlib import Path

from django.db.migrations import RunSQL


def create_functions(folder: Path, *names: str) -> list[RunSQL]:
    """Migration operations that run `folder/NAME.sql` for each name."""
    return [RunSQL((folder / f"{name}.sql").read_text()) for name in names]
