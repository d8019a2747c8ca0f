"""Pictures of the run list with days, tags and ticked rows."""

from playwright.sync_api import Page

from runs.models import Run
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View

TAGS = ("billing", "weekly", "EU", "to check")


def run_list_views(demo: Demo) -> list[View]:
    """Runs that ended, some of them with tags."""
    for name, tags in (("succeeded", TAGS[:1]), ("storm", TAGS[:2]), ("lats", TAGS)):
        Run.objects.filter(pk=demo.runs[name].pk).update(tags=list(tags))
    maya = demo.maya
    return [
        View("runs-ended", maya, "/runs/"),
        View("runs-ticked", maya, "/runs/", _tick),
        View("runs-tag", maya, "/runs/?tag=billing"),
        View("runs-days", maya, "/runs/?when=days&from=2026-10-01&to=2026-10-31"),
    ]


def _tick(page: Page) -> None:
    for box in page.locator("tbody .check input").all()[1:4]:
        if box.is_visible():
            box.check(force=True)
