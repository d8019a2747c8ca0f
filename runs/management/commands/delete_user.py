"""`manage.py delete_user --user EMAIL`: the end of an account, with its bill kept."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.deletion import LastSuperuser, delete_account
from accounts.models import User
from runs.personal_data.erasing import erase_user

LOOK_EVERY_S = 0.5


class Command(BaseCommand):
    """Deletes an account as its page does, and empties its runs at once."""

    help = "Delete a user's account and data. The ledger keeps what was spent, of nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose account it is")
        parser.add_argument("--yes", action="store_true", help="don't ask for the address again")
        parser.add_argument(
            "--wait",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="how long open runs have to end (default: 60); the workers empty the rest",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete it."""
        user = User.objects.with_address(options["user"])
        if user is None or user.deleted_at is not None:
            raise CommandError(f"there is no user with the e-mail {options['user']}")
        if not options["yes"] and input(f"Type {user.email} to delete it for good: ") != user.email:
            raise CommandError("nothing was deleted")
        try:
            delete_account(user=user)
        except LastSuperuser as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self._emptied(user, options["wait"]))

    def _emptied(self, user: User, seconds: float) -> str:
        ends = time.monotonic() + seconds
        while not erase_user(user=user):
            if time.monotonic() >= ends:
                return "Deleted. Some runs still end; the workers empty them then."
            time.sleep(LOOK_EVERY_S)
        return "Deleted, with all data but the bill."
