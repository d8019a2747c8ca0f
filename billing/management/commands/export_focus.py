"""`manage.py export_focus --from DAY --to DAY`: the ledger for FinOps tools."""

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from billing.focus.columns import BillingAccount
from billing.focus.selectors import focus_csv


class Command(BaseCommand):
    """Writes what `/api/v1/usage/focus.csv` answers."""

    help = "Write the charges of some days as CSV of FOCUS 1.2."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        for name, which in (("--from", "first"), ("--to", "last")):
            parser.add_argument(
                name, type=_day, required=True, dest=which, metavar="DAY",
                help=f"the {which} day, in UTC",
            )  # fmt: skip
        parser.add_argument("--user", metavar="EMAIL", help="of one user (default: of all)")
        parser.add_argument("--simulated", action="store_true", help="the simulator’s dollars")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: print it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        owner = _owner(options["user"])
        days = f"{options['first']} {options['last']}"
        user_id = owner.pk if owner else None
        record(Action.DATA_DOWNLOADED, user_id=user_id, about=("FOCUS export", days))
        lines = focus_csv(
            first=options["first"],
            last=options["last"],
            owner=owner,
            simulated=options["simulated"],
            account=BillingAccount(urlsplit(settings.PUBLIC_URL).netloc or "agentsite"),
        )
        out: Path | None = options["out"]
        if out is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}") from error
        self.stdout.write(f"Written to {out}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no day: write it as 2026-11-30") from error


def _owner(email: str | None) -> User | None:
    if email is None:
        return None
    user = User.objects.with_address(email)
    if user is None:
        raise CommandError(f"there is no user with the e-mail {email}")
    return user
