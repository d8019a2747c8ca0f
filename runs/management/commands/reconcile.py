"""Hold a provider's bill against the ledger, explain each difference, and resolve doubts by it."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import ReconciledBucket, Reconciliation
from runs.errors import InvalidSubmission
from runs.reconcile.errors import BadExport
from runs.reconcile.making import run_waiting
from runs.reconcile.presenter import KINDS, Difference, shown, signed_usd
from runs.reconcile.services import ask_to_fetch, ask_with_file

LOOK_S = 1.0


class Command(BaseCommand):
    """Exits with 1 when something is unexplained, or when the figures can't be read."""

    help = "Hold a provider's usage and costs against the ledger; a file, or fetched for some days."

    def add_arguments(self, parser: CommandParser) -> None:
        """A file, or the days to fetch."""
        parser.add_argument("file", nargs="?", type=Path, help="JSON pages or the documented CSV")
        parser.add_argument("--from", dest="first", type=_day, help="first day to fetch (UTC)")
        parser.add_argument("--to", dest="last", type=_day, help="last day (default: the first)")
        parser.add_argument("--provider", default="", help="its name (default: the first one)")
        parser.add_argument(
            "--api-key",
            action="append",
            default=[],
            metavar="ID",
            help="id of this site's own key; may be repeated (default: OPENAI_API_KEY_ID)",
        )
        parser.add_argument("--all", action="store_true", help="print rows that agree as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, compare here or wait for the worker that does, and report."""
        try:
            one = _asked(options)
        except (InvalidSubmission, BadExport) as problem:
            raise CommandError(problem.message) from None
        while not one.has_ended:
            if not run_waiting():
                time.sleep(LOOK_S)
            one.refresh_from_db()
        if one.state == Reconciliation.State.FAILED:
            raise CommandError(one.error)
        self._report(one, everything=options["all"])
        if one.unexplained:
            raise CommandError(
                f"UNEXPLAINED: {one.unexplained} of the rows above. The provider's bill and the "
                "ledger differ, and nothing known says why."
            )

    def _report(self, one: Reconciliation, *, everything: bool) -> None:
        for row in one.buckets.all():
            if everything or row.kind:
                self.stdout.write(_line(row))
        report = shown(one)
        self.stdout.write(f"{one.provider}, {one.starts_at:%Y-%m-%d %H:%M} to {one.ends_at:%H:%M}")
        self.stdout.write(f"provider: {report.provider}")
        self.stdout.write(f"ledger:   {report.ledger}")
        for difference in report.differences:
            self.stdout.write(_sum(difference))
        for call in one.resolved:
            self.stdout.write(
                f"resolved: {call['step_key']} of run {call['run_id']}, "
                f"${call['was_usd']} in doubt is ${call['is_usd']}"
            )
        self.stdout.write(f"{len(one.resolved)} doubts resolved, {one.unexplained} unexplained")


def _asked(options: dict[str, Any]) -> Reconciliation:
    asked = {"provider": options["provider"], "api_keys": options["api_key"]}
    path, first = options["file"], options["first"]
    if (path is None) == (first is None):
        raise CommandError("Give a file, or --from to fetch.")
    if path is None:
        last = options["last"] or first
        return ask_to_fetch(
            start=_midnight(first), end=_midnight(last + timedelta(days=1)), **asked
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not text in UTF-8") from None
    return ask_with_file(name=path.name, text=text, **asked)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock(), UTC)


def _line(row: ReconciledBucket) -> str:
    words = KINDS[row.kind].label if row.kind else "Agrees"
    return f"{row.starts_at:%Y-%m-%d %H:%M}  {row.model}  {signed_usd(row.usd)}  {words}"


def _sum(difference: Difference) -> str:
    rows = f"{difference.rows} row{'' if difference.rows == 1 else 's'}"
    return f"{difference.label}: {rows}, {difference.signed}"
