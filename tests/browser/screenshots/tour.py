"""Which pages and states are photographed, and how to get to each."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, Position

from tests.browser.screenshots import money_views
from tests.browser.screenshots.admin_views import admin_views
from tests.browser.screenshots.alert_views import alert_views
from tests.browser.screenshots.api_views import api_views, intake_views
from tests.browser.screenshots.bill_views import bill_views
from tests.browser.screenshots.camera import THEMES, Camera, camera
from tests.browser.screenshots.data_views import data_views
from tests.browser.screenshots.demo import (
    PATTERN_RUNS,
    RUNS,
    Demo,
    fill_slots,
    go_live,
    name_workers,
    open_site,
    play_runs,
)
from tests.browser.screenshots.failing import failing_models
from tests.browser.screenshots.forks import fork_a_run
from tests.browser.screenshots.limits import (
    find_differences,
    make_wait,
    set_limits,
    write_limited_past,
)
from tests.browser.screenshots.parallel import parallel_steps
from tests.browser.screenshots.prompt_views import prompt_views
from tests.browser.screenshots.readme import keep_for_readme
from tests.browser.screenshots.run_list_views import run_list_views
from tests.browser.screenshots.security_views import security_views
from tests.browser.screenshots.share_views import share_views
from tests.browser.screenshots.view import Act, View, click_link, run_view
from tests.browser.screenshots.webhook_views import webhook_views
from tests.stack import Stack


def tour(folder: Path, logs: Path, wanted: frozenset[str]) -> None:
    """Photograph everything, or only the views with the wanted names."""
    stack = Stack(logs, dict(os.environ))
    if not wanted:
        shutil.rmtree(folder, ignore_errors=True)
    left = set(wanted)
    try:
        with camera(stack.web_url, folder) as taken:
            for views in _stages(open_site(stack)):
                name_workers()
                _take(taken, views, wanted)
                left -= {view.name for view in views}
                if wanted and not left:
                    break
            assert not left, f"There is no view named {', '.join(left)}."
            assert taken.complaints == []
    except BaseException:
        print(stack.logs())
        raise
    finally:
        stack.close()


def _stages(demo: Demo) -> Iterator[list[View]]:
    """The views, each once the site is in the state that they show."""
    write_limited_past(demo)
    yield data_views(demo)
    play_runs(demo)
    yield [*_public(), *_ended(demo), *_pages(demo)]
    yield run_list_views(demo)
    yield share_views(demo)
    yield prompt_views(demo)
    yield webhook_views(demo)
    with bill_views(demo) as views:
        yield views
    yield alert_views(demo)
    yield admin_views(demo)
    with security_views(demo) as views:
        yield views
    yield api_views(demo)
    yield fork_a_run(demo)
    yield money_views.without_limits(demo)
    with parallel_steps(demo) as views:
        yield views
    with failing_models(demo) as views:
        yield views
    set_limits(demo)
    yield money_views.with_limits(demo)
    go_live(demo)
    make_wait(demo, "third")
    fill_slots(demo)
    yield [*_live(demo), *money_views.live_limits(demo)]
    find_differences()
    yield [*money_views.differing_books(demo), *_changing(demo)]
    yield intake_views(demo)


def _take(taken: Camera, views: list[View], wanted: frozenset[str]) -> None:
    for view in views:
        if wanted and view.name not in wanted:
            continue
        for width, page in taken.pages(view.user):
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                if view.anew or theme == THEMES[0]:
                    view.visit(page)
                look = f"{width}-{theme}"
                taken.shoot(page, Path(look, f"{view.name}.png"))
                keep_for_readme(page, view.name, look=look)
        print(view.name, flush=True)


def _public() -> list[View]:
    return [
        View("sign-in", None, "/accounts/login/"),
        View("sign-in-wrong", None, "/accounts/login/", _wrong_password),
        View("sign-up", None, "/accounts/signup/"),
        View("reset", None, "/accounts/password/reset/"),
        View("reset-sent", None, "/accounts/password/reset/done/"),
    ]


def _ended(demo: Demo) -> list[View]:
    names = ("succeeded", "cached", "trace", "reflection", "by-schema", "retried", "moved")
    views = [run_view(demo, name) for name in (*names, "best-effort", "failed", "cancelled")]
    return [
        *views,
        *(run_view(demo, key) for key in PATTERN_RUNS),
        run_view(demo, "succeeded", "open", _open_steps),
        run_view(demo, "reflection", "open", _open_steps),
        run_view(demo, "retried", "open", _open_steps),
        run_view(demo, "moved", "open", _open_steps),
        run_view(demo, "succeeded", "tools", _only_tools),
        run_view(demo, "lats", "cost", _timeline_by("Cost")),
        run_view(demo, "lats", "tokens", _timeline_by("Tokens")),
    ]


def _pages(demo: Demo) -> list[View]:
    maya, sam = demo.maya, demo.newcomer
    return [
        View("new-first-visit", sam, "/"),
        View("new-reflection", maya, f"/?from={demo.runs['reflection'].pk}", _advanced),
        View("new-by-schema", maya, f"/?from={demo.runs['by-schema'].pk}", _advanced),
        View("new-cached", maya, "/", _same_task),
        View("new-refused", maya, "/", _send_empty),
        View("choosing", maya, "/choose/?facts=yes&way=known&priority=speed"),
        View("runs-dearest", maya, "/runs/?sort=cost"),
        View("runs-no-match", maya, "/runs/?q=zeppelin&status=failed"),
        View("runs-older", maya, "/runs/?pattern=react&status=succeeded", _older),
        View("runs-none", sam, "/runs/"),
        View("usage", maya, "/usage/"),
        View("usage-7-days", maya, "/usage/?days=7"),
        View("usage-day", maya, "/usage/?days=30", _pick_a_day, anew=True),
        View("usage-table", maya, "/usage/?days=30", _as_table),
        View("usage-none", sam, "/usage/"),
        View("models", maya, "/models/"),
        View("tokens", maya, "/tokens/"),
        View("tokens-new", maya, "/tokens/", click_link("New token")),
        View("tokens-rotate", maya, "/tokens/", click_link("New key for CI")),
        View("tokens-revoke", maya, "/tokens/", click_link("Revoke CI")),
        View("tokens-none", sam, "/tokens/"),
        View("keys", maya, "/runs/", lambda page: page.keyboard.press("?")),
        View("not-found", maya, "/runs/00000000-0000-7000-8000-000000000000/"),
        View("api-reference", maya, "/api/docs/"),
        View("api-reference-public", None, "/api/docs/"),
    ]


def _live(demo: Demo) -> list[View]:
    maya = demo.maya
    return [
        run_view(demo, "running", act=_writing),
        run_view(demo, "queued"),
        View("new", maya, "/"),
        View("runs", maya, "/runs/"),
        View("runs-fresh", maya, f"/runs/?upto={demo.runs['cancelled'].pk}"),
        View("operations", maya, "/ops/"),
        View("operations-month", maya, "/ops/?range=before&by=pattern"),
        View("operations-no-user", maya, "/ops/?q=zeppelin"),
        View("ops-user", maya, f"/ops/users/{demo.jonas.pk}/"),
        View("ops-user-cancel", maya, f"/ops/users/{demo.jonas.pk}/", _cancel_all),
        View("ops-user-new", maya, f"/ops/users/{demo.newcomer.pk}/"),
    ]


def _changing(demo: Demo) -> list[View]:
    return [
        View("account-saved", demo.newcomer, "/account/", _save_profile),
        View("tokens-key", demo.newcomer, "/tokens/", _create_token),
    ]


def _open_steps(page: Page) -> None:
    for summary in page.locator(".step > summary").all():
        summary.click()


def _only_tools(page: Page) -> None:
    page.get_by_role("button", name="Tools", exact=True).click()


def _timeline_by(figure: str) -> Act:
    return lambda page: page.get_by_role("radio", name=figure).check(force=True)


def _cancel_all(page: Page) -> None:
    page.get_by_role("link", name=re.compile("Cancel [0-9]+ run")).click()


def _writing(page: Page) -> None:
    page.locator("#answer-text .caret").wait_for()


def _wrong_password(page: Page) -> None:
    page.get_by_label("Email").fill("maya@acme.example")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#password-note").wait_for()


def _advanced(page: Page) -> None:
    page.locator(".adv > summary").click()


def _same_task(page: Page) -> None:
    page.get_by_role("textbox", name="Task").fill(RUNS["succeeded"].task)
    page.get_by_text("From the cache").wait_for()
    _advanced(page)


def _send_empty(page: Page) -> None:
    page.get_by_role("textbox", name="Task").fill("")
    page.locator("#submit").click()
    page.locator("#id_task_error").wait_for()


def _pick_a_day(page: Page) -> None:
    canvas = page.locator("#chart")
    box = canvas.bounding_box()
    assert box is not None
    at: Position = {"x": box["width"] * 0.6, "y": box["height"] * 0.7}
    if page.evaluate("matchMedia('(pointer: coarse)').matches"):
        canvas.tap(position=at)
    else:
        canvas.hover(position=at)


def _as_table(page: Page) -> None:
    page.get_by_text("Show as table").click()


def _older(page: Page) -> None:
    page.get_by_role("link", name="Older").click()


def _save_profile(page: Page) -> None:
    page.get_by_role("button", name="Save profile").click()
    page.get_by_text("Profile saved.").wait_for()


def _create_token(page: Page) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="New token").first.click()
    dialog = page.get_by_role("dialog", name="New token")
    dialog.get_by_label("Name").fill("Weekly digest")
    dialog.get_by_role("button", name="Create token").click()
    page.locator("#key").wait_for()
