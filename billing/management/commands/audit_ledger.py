"""Prove that run costs, budget windows, rollups, holds and ledger agree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.models import LedgerEntry
from billing.services import record_audit


class Command(BaseCommand):
    """Prints every difference; exits with 1 when there is one."""

    help = "Compare runs, budgets and daily sums with the ledger, to the last digit."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and report."""
        differences = record_audit()
        for difference in differences:
            self.stderr.write(str(difference))
        if differences:
            raise CommandError(f"{len(differences)} differences")
        lines = LedgerEntry.objects.count()
        self.stdout.write(
            f"{lines} ledger lines: runs, budgets and rollups agree to the last digit"
        )
