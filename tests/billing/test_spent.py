"""What a new budget's period begins with, read from daily sums, equals the ledger's lines."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum

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


@pytest.mark.parametrize("hours", [0, 1, 10, 12, 12.25, 30, 36, 50, 100])
@pytest.mark.parametrize("scope", ["site", "user", "token"])
@pytest.mark.parametrize("simulated", [True, False])
def test_the_sum_is_the_ledgers(token, hours, scope, simulated):
    since = NOON - timedelta(hours=hours)
    user = token.user_id if scope == "user" else None
    api_token = token.pk if scope == "token" else None
    lines = LedgerEntry.objects.filter(simulated=simulated, held_at__gte=since)
    if user:
        lines = lines.filter(owner=user)
    if api_token:
        lines = lines.filter(api_token_id=api_token)

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT charged FROM {schema('billing')}.spent_since(%s, %s, %s, %s)",
            [user, api_token, simulated, since],
        )
        (spent,) = cursor.fetchone()

    assert spent == (lines.aggregate(sum=Sum("amount"))["sum"] or 0)
