"""Brings the database up to date and makes the first admin; a process of its own for `up`."""

import json
import os
import secrets
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError

from agentsite.env import Env, env


def main() -> None:
    """Prepare, and print how to sign in as one line of JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
    django.setup()
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        sys.exit(f"the database does not answer: {str(error).splitlines()[0]}")
    if not settings.STATIC_FROM_SOURCE:
        call_command("collectstatic", interactive=False, verbosity=0)
    print(json.dumps(_first_admin(env())))


def _first_admin(given: Env) -> dict[str, str]:
    """Create an admin where there is no user yet, else say who is one.

    The password is told only if it was made up here.
    """
    from accounts.models import User

    if User.objects.exists():
        known = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        return {"known": known.email} if known else {}
    password = given.admin_password.get_secret_value() or secrets.token_urlsafe(12)
    User.objects.create_superuser(given.admin_email, password)
    made_up = {} if given.admin_password else {"password": password}
    return {"email": given.admin_email, **made_up}


if __name__ == "__main__":
    main()
