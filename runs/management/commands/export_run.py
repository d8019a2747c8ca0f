"""`manage.py export_run RUN [--out FILE]`: the run's recorded calls as a cassette."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runs.errors import RunError
from runs.models import Run
from runs.selectors.cassette import cassette_of


class Command(BaseCommand):
    """Writes a run to a file that the engine can play."""

    help = "Write a run's recorded calls to a file, which python -m runs.engine --cassette plays."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("run", type=UUID, metavar="RUN", help="the run's id")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: print it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        run = Run.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"there is no run {options['run']}")
        try:
            text = cassette_of(run).dumps()
        except RunError as error:
            raise CommandError(str(error)) from error
        out: Path | None = options["out"]
        if out is None:
            self.stdout.write(text.decode(), ending="")
            return
        try:
            out.write_bytes(text)
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}") from error
        self.stdout.write(f"Written to {out}. Play it: python -m runs.engine --cassette {out}")
