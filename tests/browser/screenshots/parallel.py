"""A run two of whose calls write at the same time, as a pattern with parallel steps shows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from runs.models import Worker
from tests import journal
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, run_view
from tests.factories import RunFactory, WorkerFactory
from tests.live_writer import live_writer

TASK = "Compare a lighthouse with a light vessel: purpose, upkeep, and what replaced them"
TEXTS = {
    "lighthouse": "A lighthouse stands on ground that a chart already shows, so its light tells "
    "a pilot both that land is near and which land it is. Keepers trimmed the lamp, wound the "
    "clockwork that turned the lens, and logged the weather every three hours. ",
    "light vessel": "A light vessel marks what nothing can be built on: shifting sands, and the "
    "seaward end of a channel. It swings with the tide on a mushroom anchor, ",
}


@contextmanager
def parallel_steps(demo: Demo) -> Iterator[list[View]]:
    """The views of the run while it writes; afterwards it has ended."""
    worker = WorkerFactory.create(name="w-9", expires_at=timezone.now() + timedelta(hours=1))
    run = journal.start(RunFactory.create(owner=demo.maya, task=TASK), worker)
    demo.runs["parallel"] = run
    journal.buy(run, "react/t1/outline", label="Planning the comparison", content="Two parts.")
    keys = {f"react/t2/{name}": name for name in TEXTS}
    holds = [journal.dispatch(run, key, label=f"About the {name}") for key, name in keys.items()]
    with live_writer(run) as live:
        texts = {key: TEXTS[name] for key, name in keys.items()}

        def write(page: Page) -> None:
            if texts:  # later viewers get what was written
                live.wait_for_a_viewer()
            for key in [*texts]:
                live.write(key, texts.pop(key))
            page.locator(".live-text .caret").nth(len(keys) - 1).wait_for()

        yield [run_view(demo, "parallel", act=write)]
        for hold in holds:
            journal.settle(run, hold, content="Written.")
        journal.finish(run, "Both are gone; the buoy stayed.")
    Worker.objects.filter(pk=worker.pk).update(ended_at=timezone.now())
