"""`manage.py kill_switch pull --user EMAIL --reason WHY`, and `list`, `receipt ID`, `lift ID`."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiToken, User
from billing.money import format_usd
from runs.errors import InvalidSubmission
from runs.kill_switch.presenter import name_of, seconds
from runs.models import KillSwitch
from runs.selectors.kill_switches import Dollars, all_switches, receipt_of, recent_switches
from runs.services.kill_switch import lift, pull


class Command(BaseCommand):
    """Stops the site, a user, a token or a pattern, and shows what that did."""

    help = "Stop all runs of the site, a user, an API token or a pattern; and take runs in again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        pulling = acts.add_parser("pull", help="stop it, and print the receipt")
        target = pulling.add_mutually_exclusive_group(required=True)
        target.add_argument("--site", action="store_true", help="everything")
        target.add_argument("--user", metavar="EMAIL", help="one user's runs")
        target.add_argument("--token", metavar="ID", type=UUID, help="one API token's runs")
        target.add_argument("--pattern", metavar="KEY", help="one pattern's runs")
        pulling.add_argument("--reason", required=True, help="whoever is refused reads it")
        acts.add_parser("list", help="the newest switches")
        for act, text in (("receipt", "what one stopped"), ("lift", "take runs in again")):
            acts.add_parser(act, help=text).add_argument("id", type=int, metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        act = options["act"]
        if act == "list":
            for switch in recent_switches():
                self.stdout.write(_line(switch))
            return
        if act == "pull":
            self._receipt(_pulled(options))
            return
        switch = _found(options["id"])
        if act == "lift":
            self.stdout.write(f"Lifted: {name_of(lift(switch=switch, by=None))}.")
            return
        self._receipt(switch)

    def _receipt(self, switch: KillSwitch) -> None:
        receipt = receipt_of(switch)
        runs = ", ".join(f"{count} {status}" for status, count in sorted(receipt.runs.items()))
        lines = [
            _line(switch),
            f"Runs stopped: {receipt.run_count}{f' ({runs})' if runs else ''}, "
            f"of which {receipt.ending} have not ended yet",
            f"All told to end after: {seconds(receipt.stopped_after)}",
            f"Streams closed: {receipt.calls}, of which {receipt.calls_open} are still open",
            f"Provider's last byte after: {seconds(receipt.last_byte_after)}",
            *_dollar_lines("real", receipt.real),
            *_dollar_lines("simulated", receipt.simulated),
        ]
        self.stdout.write("\n".join(lines))


def _pulled(options: dict[str, Any]) -> KillSwitch:
    given = {name: options[name] for name in ("user", "token", "pattern")}
    scope = next((name for name, value in given.items() if value), "site")
    user = User.objects.with_address(given["user"]) if given["user"] else None
    if given["user"] and user is None:
        raise CommandError(f"there is no user with the e-mail {given['user']}")
    token = ApiToken.objects.filter(pk=given["token"]).first() if given["token"] else None
    if given["token"] and token is None:
        raise CommandError(f"there is no token {given['token']}")
    try:
        return pull(
            scope=scope,
            reason=options["reason"],
            by=None,
            user=user,
            api_token=token,
            pattern=given["pattern"] or "",
        )
    except InvalidSubmission as error:
        raise CommandError(error.message) from error


def _found(pk: int) -> KillSwitch:
    switch = all_switches().filter(pk=pk).first()
    if switch is None:
        raise CommandError(f"there is no kill switch {pk}")
    return switch


def _line(switch: KillSwitch) -> str:
    by = switch.pulled_by.email if switch.pulled_by else "the command line"
    state = f"lifted {switch.lifted_at:%Y-%m-%d %H:%M:%S}" if switch.lifted_at else "on"
    return (
        f"{switch.pk}: {name_of(switch)}, {state}; pulled {switch.pulled_at:%Y-%m-%d %H:%M:%S} "
        f"UTC by {by}: {switch.reason}"
    )


def _dollar_lines(kind: str, dollars: Dollars) -> list[str]:
    if not dollars.held:
        return []
    figures = {
        "in flight at the stop": dollars.held,
        "charged": dollars.charged,
        "may still change by": dollars.doubt_bound,
    }
    return [f"{kind}, {name}: ${format_usd(amount)}" for name, amount in figures.items()]
