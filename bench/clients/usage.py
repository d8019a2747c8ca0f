"""Database time of a page, of a new budget or of an audit, over the ledger of `bench.ledger`."""

import argparse
import json
from collections.abc import Callable
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client

from accounts.models import ApiToken, User
from agentsite.local.ports import LOOPBACK
from agentsite.metrics.site import site_metrics
from bench.measure import Measurement, percentile
from bench.site import AS_NGINX
from billing.services import create_budget, record_audit

LIMIT_USD = Decimal(1_000_000)


class Statements:
    """Counts statements and adds up their time, with the way to the server and back."""

    def __init__(self) -> None:
        self.count = 0
        self.ms = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Execute one statement, as `connection.execute_wrapper` asks for it."""
        began_s = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.ms += 1000 * (perf_counter() - began_s)


def _measured(work: Callable[[], object]) -> Statements:
    statements = Statements()
    with connection.execute_wrapper(statements):
        work()
    return statements


def _figures(measured: list[Statements]) -> Measurement:
    times_ms = [statements.ms for statements in measured]
    return {
        "statements": measured[0].count,
        "p50_ms": percentile(times_ms, 0.5),
        "worst_ms": max(times_ms),
    }


def _view(args: argparse.Namespace) -> Measurement:
    """Views of a page by a signed-in user, after one that warms up."""
    browser = Client(headers=AS_NGINX, SERVER_NAME=LOOPBACK)
    browser.force_login(User.objects.get(email=args.user))

    def view() -> None:
        response = browser.get(args.path)
        if response.status_code != 200:
            raise RuntimeError(f"{args.path}: {response.status_code}")

    view()
    return _figures([_measured(view) for _ in range(args.views)])


def _metrics(args: argparse.Namespace) -> Measurement:
    """What a scrape reads, each time anew, after once that warms up."""
    site_metrics()
    return _figures([_measured(site_metrics) for _ in range(args.views)])


def _budget(args: argparse.Namespace) -> Measurement:
    """A new budget, with the time of its back-fill, during which no money moves."""
    owner: dict[str, Any] = {}
    if args.scope == "user":
        owner = {"user": User.objects.get(email=args.user)}
    elif args.scope == "token":
        owner = {"api_token": ApiToken.objects.get(user__email=args.user)}

    def create() -> None:
        create_budget(scope=args.scope, period=args.period, limit_usd=LIMIT_USD, **owner)

    return _figures([_measured(create)])


def _audit(args: argparse.Namespace) -> Measurement:
    """A whole audit. Raises RuntimeError when the ledger doesn't agree with its sums."""

    def audit() -> None:
        if found := record_audit():
            raise RuntimeError(f"{len(found)} differences, the first one: {found[0]}")

    return _figures([_measured(audit)])


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_subparsers(required=True)
    view = what.add_parser("view")
    view.add_argument("user")
    view.add_argument("path")
    view.add_argument("--views", type=int, default=20)
    view.set_defaults(measure=_view)
    metrics = what.add_parser("metrics")
    metrics.add_argument("--views", type=int, default=20)
    metrics.set_defaults(measure=_metrics)
    budget = what.add_parser("budget")
    budget.add_argument("scope")
    budget.add_argument("period")
    budget.add_argument("--user")
    budget.set_defaults(measure=_budget)
    what.add_parser("audit").set_defaults(measure=_audit)
    args = parser.parse_args()
    print(json.dumps(args.measure(args)))


if __name__ == "__main__":
    main()
