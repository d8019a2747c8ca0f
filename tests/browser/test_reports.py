"""Each citation of a report leads to its source."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run
from runs.states import Status
from tests.stack import Stack

pytestmark = pytest.mark.browser
REPORT = "Write a report about bees. [sim: tokens_per_s=1000]"
SMALL = {"max_perspectives": 1, "max_sections": 3, "questions_per_perspective": 1}


def test_a_citation_leads_to_its_source(
    page_for: Callable[..., Page],
    owner: User,
    worker,
    submit,
    ended,
    stack: Stack,
    settings: Any,
) -> None:
    settings.TOOL_SECRETS = {"search_url": f"{stack.simulator_url}/sim/search"}
    run = ended(submit(REPORT, pattern="storm", params=SMALL))
    assert run.status == Status.SUCCEEDED
    for width in (1280, 390):
        page = page_for(owner, viewport={"width": width, "height": 844})
        page.goto(f"/runs/{run.pk}/")
        expect(page.locator(".artifact", has_text="Contents")).to_contain_text("3 of 3 done")
        leads_to_its_source(page, run)


def leads_to_its_source(page: Page, run: Run) -> None:
    """Click the last citation of the answer."""
    cited = page.locator("#answer-text sup a").last
    number = int(cited.inner_text())
    cited.click()
    note = page.locator(f"#answer-text .notes li:nth-child({number})")
    expect(note).to_be_in_viewport()
    link = note.get_by_role("link").first
    expect(link).to_have_attribute("href", run.sources[number - 1]["url"])
    expect(link).to_have_text(run.sources[number - 1]["title"])
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
