"""Lists of large tables read no further than they reach, whatever is searched and filtered."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit_models import AuditEntry
from billing.models import Hold, LedgerEntry, UsageRollup
from runs.models import Run, Step
from runs.webhook_models import WebhookDelivery
from tests.runs.admin.addresses import address
from tests.runs.admin.rows import Rows
from web.admin.counting import REACH

MANY = 3 * REACH
# What is another one in each copy of a row. Copies are old, and nobody waits for them.
COPIES: dict[type[Model], dict[str, str]] = {
    LedgerEntry: {"held_at": "held_at - n * interval '1 hour'", "run_id": "gen_random_uuid()"},
    Hold: {"held_at": "held_at - n * interval '1 hour'", "run_id": "gen_random_uuid()"},
    Run: {"id": "gen_random_uuid()", "finished_at": "finished_at - interval '30 days'"},
    Step: {"key": "key || n"},
    UsageRollup: {"day": "day - n"},
    AuditEntry: {"action": "'user_changed'"},
    WebhookDelivery: {
        "id": "gen_random_uuid()",
        "status": "'delivered'",
        "created_at": "created_at - interval '30 days'",
    },
}


def copy_often(row: Model, changes: dict[str, str]) -> None:
    """Make a row's table a large one."""
    meta = row._meta
    stored = [field for field in meta.concrete_fields if not field.generated]
    names = [field.column for field in stored if not field.primary_key or field.name in changes]
    values = [changes.get(str(name), f'"{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({columns}) SELECT {', '.join(values)} "
            f"FROM {meta.db_table}, generate_series(1, {MANY}) AS n "
            f"WHERE {meta.pk.column} = %s",
            [row.pk],
        )
        cursor.execute(f"ANALYZE {meta.db_table}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def most_read(sql: str, table: str) -> int:
    """The most rows of the table that one step of a query's plan touches."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    return max(
        (
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            for node in nodes(plan[0]["Plan"])
            if node.get("Relation Name") == table
        ),
        default=0,
    )


def asked(client: Client, model: type[Model], query: dict[str, str]) -> list[str]:
    """What a list asks its own table."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address(model, "changelist"), query).status_code == 200
    table = f'FROM "{model._meta.db_table}"'
    return [query["sql"] for query in captured if table in query["sql"]]


@pytest.mark.parametrize("model", COPIES)
def test_a_list_reads_no_more_than_its_pages_reach(
    rows: Rows, superuser: Client, model: type[Model]
) -> None:
    copy_often(rows[model], COPIES[model])
    shown = superuser.get(address(model, "changelist")).context["cl"]
    queries = [{}, {"q": str(rows[model].pk)}, {"p": "2"}, {"p": "200"}]
    for spec in shown.filter_specs:
        queries += [dict(parse_qsl(choice["query_string"][1:])) for choice in spec.choices(shown)]
    too_many = {}
    for query in queries:
        for sql in asked(superuser, model, query):
            read = most_read(sql, model._meta.db_table)
            if read > 1.1 * REACH:
                too_many[f"{query}: {sql}"] = read

    assert too_many == {}
    assert len(queries) >= 4


@pytest.mark.parametrize("model", COPIES)
def test_a_large_list_is_in_the_order_of_its_index(
    rows: Rows, superuser: Client, model: type[Model]
) -> None:
    cl = superuser.get(address(model, "changelist"), {"o": "1.-2.3"}).context["cl"]
    assert cl.queryset.query.order_by in (("-id",), ("-day", "-id"))
    assert cl.date_hierarchy is None


def test_a_large_list_says_about_how_many_rows_there_are(rows: Rows, superuser: Client) -> None:
    page = superuser.get(address(LedgerEntry, "changelist"))
    known = LedgerEntry.objects.count()
    assert page.context["cl"].paginator.counted == str(known)

    copy_often(rows[LedgerEntry], COPIES[LedgerEntry])

    page = superuser.get(address(LedgerEntry, "changelist"))
    assert f"About {known + MANY:,}" in page.content.decode()
    owned = {"q": rows[LedgerEntry].owner.email}
    page = superuser.get(address(LedgerEntry, "changelist"), owned)
    assert f"More than {REACH:,}" in page.content.decode()
    assert superuser.get(address(LedgerEntry, "changelist"), {"p": "9999"}).status_code == 302


@pytest.mark.parametrize("model", COPIES)
def test_a_large_list_is_narrowed_by_nothing_that_has_no_index(
    rows: Rows, superuser: Client, model: type[Model]
) -> None:
    narrowed = {f"{path}__icontains": "a" for path in ("task", "model", "device", "type", "label")}
    narrowed |= {"task__regex": "(a+)+$", "owner__isnull": "0", "id__gte": "0", "run__in": "1,2"}
    names = {field.name for field in model._meta.get_fields()}
    asked = {look: value for look, value in narrowed.items() if look.split("__")[0] in names}

    answers = {
        look: superuser.get(address(model, "changelist"), {look: value}).status_code
        for look, value in asked.items()
    }

    assert answers == dict.fromkeys(asked, 400)
    assert answers


def test_a_list_that_a_link_narrows_is_shown(rows: Rows, superuser: Client) -> None:
    line = rows[LedgerEntry]
    for query in ({"owner__id__exact": line.owner_id}, {"owner": line.owner_id}, {"id": line.pk}):
        shown = superuser.get(address(LedgerEntry, "changelist"), query)
        assert line in shown.context["cl"].result_list
