"""`manage.py export_user --user EMAIL [--out FILE]`: all that the site has of a user."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from runs.personal_data.export import exported


class Command(BaseCommand):
    """Writes what the user's own download has."""

    help = "Write all that the site has of a user as lines of JSON, without secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose data it is")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: print it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        user = User.objects.with_address(options["user"])
        if user is None:
            raise CommandError(f"there is no user with the e-mail {options['user']}")
        record(Action.DATA_DOWNLOADED, user_id=user.pk, about=user)
        out: Path | None = options["out"]
        if out is None:
            for part in exported(user):
                self.stdout.write(part, ending="")
            return
        try:
            with out.open("w", encoding="utf-8") as file:
                file.writelines(exported(user))
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}") from error
        self.stdout.write(f"Written to {out}")
