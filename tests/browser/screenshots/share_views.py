"""Pictures of a run's link: making one, and what its readers see."""

from datetime import timedelta

from playwright.sync_api import Page

from runs.models import Run
from runs.sharing.services import share_run
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View

MONTH = timedelta(days=30)


def share_views(demo: Demo) -> list[View]:
    """What readers see with and without the steps, and the owner's page."""
    steps = _link(demo.runs["succeeded"], with_steps=True)
    answer = _link(demo.runs["reflection"], with_steps=False)
    page = f"/runs/{demo.runs['succeeded'].pk}/share/"
    return [
        View("shared-steps", None, steps),
        View("shared-answer", None, answer),
        View("share-none", demo.maya, f"/runs/{demo.runs['trace'].pk}/share/"),
        View("share", demo.maya, page),
        View("share-made", demo.maya, page, _make),
    ]


def _link(run: Run, *, with_steps: bool) -> str:
    run.refresh_from_db()
    return f"/shared/{share_run(run=run, lasts=MONTH, with_steps=with_steps)}/"


def _make(page: Page) -> None:
    page.get_by_role("button", name="Make link").click()
    page.locator("#share-link").wait_for()
