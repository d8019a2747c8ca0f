"""Real processes without a scheduler: the one that is left tells staff what is missing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from runs.alert_models import Alert, AlertLook
from tests.factories import WorkerFactory
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stack(tmp_path: Path, child_env: dict[str, str]) -> Iterator[Stack]:
    """A site where two seconds of silence are long."""
    stack = Stack(tmp_path, {**child_env, "ALERT_SILENT_S": "2"})
    yield stack
    stack.close()


def told(kind: str) -> bool:
    return Alert.objects.filter(kind=kind).exists()


def test_a_web_process_misses_workers_and_a_worker_the_scheduler(stack: Stack, staff: User) -> None:
    WorkerFactory.create(expires_at=timezone.now() - timedelta(hours=1))
    stack.start_web()
    wait_for(lambda: told("no_workers"))
    assert not told("scheduler")
    assert stack.web is not None
    stack.stop(stack.web)

    stack.start_worker()
    wait_for(lambda: told("scheduler"))
    assert Alert.objects.filter(kind="no_workers").count() == 1
    look = AlertLook.objects.get()
    assert look.looked_at > look.scheduled_at
