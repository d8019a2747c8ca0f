"""What a new budget's period begins with, read from daily sums, equals the ledger's lines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.models import LedgerEntry
from billing.sql import schema
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def token(alice, bob):
    """Three days of calls by Alice, by a token of hers, and by Bob; returns the token."""
    token = ApiTokenFactory.create(user=alice)
    for owner, api_token in ((alice, None), (alice, token), (bob, None)):
        for simulated in (False, True):
            run = journal.start(
                RunFactory.create(owner=owner, api_token=api_token, simulated=simulated)
            )
            for hours in (1, 11, 13, 25, 37, 60):
                held_at = NOON - timedelta(hours=hours)
                journal.buy(run, f"react/t{hours}/think", held_at=held_at, output=hours)
    return token


HOURS = (0, 1, 10, 12, 12.25, 30, 36, 50, 100)


def spent_since(*payer_and_since):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT charged FROM {schema('billing')}.spent_since(%s, %s, %s, %s)", payer_and_since
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize("simulated", [True, False])
def test_the_sum_is_the_ledgers(token, simulated):
    lines = LedgerEntry.objects.filter(simulated=simulated)
    scopes = {
        (None, None): lines,
        (token.user_id, None): lines.filter(owner=token.user_id),
        (None, token.pk): lines.filter(api_token_id=token.pk),
    }
    periods = [(scope, NOON - timedelta(hours=hours)) for scope in scopes for hours in HOURS]

    spent = {one: spent_since(*one[0], simulated, one[1]) for one in periods}

    assert spent == {
        (scope, since): scopes[scope]
        .filter(held_at__gte=since)
        .aggregate(sum=Coalesce(Sum("amount"), Decimal(0)))["sum"]
        for scope, since in periods
    }
    # From nothing to all of it, and not the same for everyone.
    assert [len({spent[scope, since] for _, since in periods}) for scope in scopes] == [6, 6, 6]
