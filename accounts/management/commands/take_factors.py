"""`manage.py take_factors --user EMAIL`: someone who lost app and codes signs in by password."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.mfa.services import take_factors
from accounts.models import User


class Command(BaseCommand):
    """Takes second factors away, as staff do in the admin: for when no staff can sign in."""

    help = "Take a user's second factors away, once you are sure who is asking."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose they are")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take them away."""
        user = User.objects.with_address(options["user"])
        if user is None:
            raise CommandError(f"there is no user with the e-mail {options['user']}")
        if not take_factors(user=user):
            raise CommandError(f"{user} has no second factor")
        self.stdout.write(f"{user} signs in by password alone, and can set up a new factor.")
