"""`manage.py retain [--dry-run]`: delete what is older than the site keeps it."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runs.retention.batches import Batch
from runs.retention.passes import delete_old, due

TELL_EVERY_S = 2.0


class Command(BaseCommand):
    """Does what beat does every minute, all of it at once, and says how far it is."""

    help = "Delete steps, events, answers and the like that are older than RETAIN_…_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="only count what is old enough")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, or count."""
        if options["dry_run"]:
            for batch in due():
                self._tell(batch.kind, batch.runs, batch.rows, "would be deleted")
            return
        self._sums: dict[str, tuple[int, int]] = {}
        self._told_at = time.monotonic()
        if delete_old(told=self._count) is None:
            raise CommandError("another pass is under way")
        self._tell_all()

    def _count(self, batch: Batch) -> None:
        runs, rows = self._sums.get(batch.kind, (0, 0))
        self._sums[batch.kind] = runs + batch.runs, rows + batch.rows
        if time.monotonic() - self._told_at > TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._tell(batch.kind, *self._sums[batch.kind], "deleted so far")

    def _tell_all(self) -> None:
        for kind, (runs, rows) in self._sums.items():
            self._tell(kind, runs, rows, "deleted")
        if not self._sums:
            self.stdout.write("Nothing is deleted by age here: no RETAIN_…_DAYS is set.")

    def _tell(self, kind: str, runs: int, rows: int, what: str) -> None:
        of = f" of {runs} runs" if runs else ""
        self.stdout.write(f"{kind}: {rows}{of} {what}")
