"""A run that goes on from a step of another one, and the two of them side by side."""

from dataclasses import replace

from playwright.sync_api import Page

from runs.services.fork import same_as_source
from runs.submission import Fork
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, run_view

STEP = "reflection/reflect/1"


def fork_a_run(demo: Demo) -> list[View]:
    """Fork the run that explains a heat pump, and the views of it."""
    source = demo.runs["reflection"]
    asked = same_as_source(demo.maya, Fork(source.pk, STEP))
    other = replace(asked, model="gpt-4.1", custom_instructions="Keep it under 90 words.")
    demo.finish(demo.start("forked", other))
    fork = demo.runs["forked"]
    compare = f"/runs/compare/?a={source.pk}"
    return [
        View("new-fork", demo.maya, f"/?fork={source.pk}&step={STEP}"),
        run_view(demo, "forked"),
        run_view(demo, "forked", "open", _open_steps),
        View("compare", demo.maya, f"{compare}&b={fork.pk}"),
        View("compare-unlike", demo.maya, f"{compare}&b={demo.runs['succeeded'].pk}"),
        View("compare-choice", demo.maya, compare),
    ]


def _open_steps(page: Page) -> None:
    for summary in page.locator(".step > summary").all():
        summary.click()
