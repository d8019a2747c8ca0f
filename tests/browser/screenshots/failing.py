"""A provider that fails: models that are not called, a run that another answered, one refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from runs.engine.provider.outages import sentence
from runs.models import Run, Worker
from tests import journal
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, run_view
from tests.factories import RunFactory, WorkerFactory
from tests.runs.breaking import close_all, half_open, opened, put

MODEL, SLOW = "gpt-4.1-mini", "gpt-5-mini"
OTHER = "gpt-5-nano"
WORKER = "w-8"
TASK = "List what a household needs for three days without electricity"
ANSWER = "Water, food that needs no cooking, light, a radio, warmth, and cash."


@contextmanager
def failing_models(demo: Demo) -> Iterator[list[View]]:
    """The views while two models aren't called; afterwards all answer again."""
    put(MODEL, opened())
    put(SLOW, half_open(600))
    _answered_by_another(demo)
    _refused(demo)
    Worker.objects.filter(name=WORKER).update(ended_at=timezone.now())
    yield [
        View("models-failing", demo.maya, "/models/"),
        View("operations-failing", demo.maya, "/ops/"),
        run_view(demo, "fallback"),
        run_view(demo, "unavailable"),
    ]
    close_all()


def _begun(demo: Demo) -> Run:
    worker = WorkerFactory.create(name=WORKER, expires_at=timezone.now() + timedelta(hours=1))
    run = journal.start(RunFactory.create(owner=demo.maya, task=TASK), worker)
    outage = opened().outage(MODEL)
    journal.emit(run, "notice", code="breaker", message=sentence(outage), model=MODEL)
    return run


def _answered_by_another(demo: Demo) -> None:
    run = _begun(demo)
    message = f"“{OTHER}” is called instead of “{MODEL}”."
    journal.emit(run, "notice", code="fallback", message=message, asked=MODEL, called=OTHER)
    journal.buy(run, model=OTHER, content=ANSWER)
    demo.runs["fallback"] = journal.finish(run, ANSWER)


def _refused(demo: Demo) -> None:
    error = {"code": "model_unavailable", "message": sentence(opened().outage(MODEL))}
    ended = {"status": "failed", "stop_reason": "failed", "error": error}
    demo.runs["unavailable"] = journal.finish(_begun(demo), None, **ended)
