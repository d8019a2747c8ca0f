"""What becomes of addresses that were stored before there was one form for them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("accounts", "0002_token_revoked_at")]


def migrate(targets: Any) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The models as they were; all is up to date again afterwards."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(latest)


def test_who_looks_like_someone_else_is_switched_off_and_everyone_else_stays(before: Any) -> None:
    user = before.get_model("accounts", "User").objects
    kept = user.create(email="staff@example.org", is_staff=True).pk
    false = user.create(email="\u017ftaff@example.org").pk
    host = user.create(email="ann@b\u00fccher.de").pk
    signed_up = user.create(email="eve@example.org").pk
    connection.cursor().execute(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary")'
        " VALUES (%s, 'eve@example.org', false, true)",
        [signed_up],
    )

    after = migrate([("accounts", "0004_address_is_normal")]).get_model("accounts", "User").objects

    assert after.get(pk=kept).email == "staff@example.org"
    assert after.get(pk=host).email == "ann@xn--bcher-kva.de"
    assert (after.get(pk=false).is_active, after.get(pk=kept).is_active) == (False, True)
    verified = after.filter(verified_at__isnull=False).values_list("pk", flat=True)
    assert set(verified) >= {kept, host}
    assert signed_up not in verified
    after.all().delete()
