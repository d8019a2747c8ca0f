"""Prove that run costs, ledger and rollups agree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.models import LedgerEntry
from billing.selectors.audit import ledger_differences


class Command(BaseCommand):
    """Prints every difference; exits with 1 when there is one."""

    help = "Compare run costs and daily rollups with the ledger, to the last digit."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and report."""
        differences = ledger_differences()
        for difference in differences:
            self.stderr.write(str(difference))
        if differences:
            raise CommandError(f"{len(differences)} differences")
        lines = LedgerEntry.objects.count()
        self.stdout.write(f"{lines} ledger lines: runs and rollups agree to the last digit")
