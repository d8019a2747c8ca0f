"""`manage.py client_types [--check]`: the types of the Python client, from the OpenAPI document."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentsite import client
from agentsite.reference.document import document
from agentsite.reference.typed import source

FILE = Path(client.__file__).with_name("types.py")


class Command(BaseCommand):
    """Writes `agentsite/client/types.py`."""

    help = "Write the types of the Python client anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="only say whether they are old")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        text = source(document())
        if not options["check"]:
            FILE.write_text(text)
        elif FILE.read_text() != text:
            raise CommandError(f"{FILE.name} of the client is old: run manage.py client_types.")
