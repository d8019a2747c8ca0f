"""One picture to take, and the acts that several of them begin with."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.models import User
from tests.browser.screenshots.demo import Demo

Act = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class View:
    """One picture: whose page, where, and what to do there first."""

    name: str
    user: User | None
    address: str
    act: Act | None = None
    anew: bool = False  # in each theme: a change of it undoes the act, or doesn't reach the page

    def visit(self, page: Page) -> None:
        """Go there, and do it."""
        page.goto(self.address)
        if self.act is not None:
            self.act(page)


def run_view(demo: Demo, name: str, state: str = "", act: Act | None = None) -> View:
    """The page of a run, as its owner sees it."""
    run = demo.runs[name]
    return View("-".join(filter(None, ("run", name, state))), run.owner, f"/runs/{run.pk}/", act)


def click_link(name: str) -> Act:
    """Follow a link of the page."""
    return lambda page: page.get_by_role("link", name=name).click()
