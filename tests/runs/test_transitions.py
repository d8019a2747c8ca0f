"""The drawing of a run's states holds for every statement, not only for `move`."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from runs.models import Run
from runs.states import MAY_BECOME, TERMINAL, Status
from runs.transitions import TRIGGER, create_trigger
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

DEFINITION = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s"


def definition(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(DEFINITION, [name])
        return str(cursor.fetchone()[0]).replace(name, TRIGGER)


def test_the_trigger_is_made_from_the_states_as_they_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute(create_trigger("as_drawn_today"))
    assert definition(TRIGGER) == definition("as_drawn_today")


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(Status, 2)))
def test_no_statement_moves_a_run_another_way(source: Status, target: Status) -> None:
    ended = timezone.now() if source in TERMINAL else None
    run = RunFactory.create(status=source, finished_at=ended)
    changes = {"finished_at": timezone.now() if target in TERMINAL else None}
    try:
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(status=target, **changes)
        moved = True
    except IntegrityError:
        moved = False
    assert moved == (target in MAY_BECOME[source])
