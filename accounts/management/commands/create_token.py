"""`manage.py create_token --user EMAIL --name NAME`: the key alone is on the last line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiToken, Scope, User
from accounts.services import TokenNotAllowed, create_token, expiry_in

MAX_NAME = ApiToken._meta.get_field("name").max_length or 0


class Command(BaseCommand):
    """Creates an API token for a user."""

    help = "Create an API token and print its key, alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose token it is")
        parser.add_argument("--name", required=True, help="what or who uses it")
        parser.add_argument(
            "--expires-days", type=int, metavar="N", help="days until it expires (default: never)"
        )
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what it may do; may be repeated (default: everything that its user may)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token."""
        name = options["name"].strip()
        if not 0 < len(name) <= MAX_NAME:
            raise CommandError(f"--name needs 1 to {MAX_NAME} characters")
        days = options["expires_days"]
        if days is not None and days < 1:
            raise CommandError("--expires-days must be at least 1")
        user = _find_user(options["user"])
        try:
            token, key = create_token(
                user=user,
                name=name,
                scopes=list(dict.fromkeys(options["scope"] or Scope.of(user))),
                expires_at=expiry_in(days),
                by_staff=True,
            )
        except TokenNotAllowed as refused:
            raise CommandError(str(refused)) from refused
        expiry = f"expires {token.expires_at:%Y-%m-%d}" if token.expires_at else "never expires"
        self.stdout.write(f"Token “{token.name}” of {token.user} ({expiry}):")
        self.stdout.write(key)


def _find_user(email: str) -> User:
    user = User.objects.with_address(email)
    if user is None:
        raise CommandError(f"there is no user with the e-mail {email}")
    if not user.is_active:
        raise CommandError(f"{user} is inactive, so a token would not work")
    return user
