"""Pictures of prompt sets, and of the composer's prompts."""

from playwright.sync_api import Page

from runs.models import Run
from runs.prompt_texts import PromptTexts
from runs.services.prompt_sets import add_version, create_prompt_set
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, click_link

STYLE = "Write British English.\nCite each price{}.\nNo exclamation marks."
WRITER = "You write release notes for people who run the software, not for those who wrote it."
READER = "You are an operator with ten minutes to read this before the upgrade."


def prompt_views(demo: Demo) -> list[View]:
    """The list, a set, two versions of it, its editor; and the composer with it."""
    first = PromptTexts(STYLE.format(""), ("at most 200 words",), {"generate": {"system": WRITER}})
    steps = {**first.prompts, "reflect": {"system": READER}}
    second = PromptTexts(STYLE.format(", with its date"), ("at most 120 words",), steps)
    kept = create_prompt_set(
        owner=demo.maya, name="House style", pattern="reflection", texts=first, note="The first one"
    ).prompt_set
    newest, _ = add_version(
        prompt_set=kept, texts=second, note="Shorter, and with a reviewer of our own"
    )
    used = Run.objects.filter(pk=demo.runs["reflection"].pk)
    used.update(prompt_set=str(newest), prompt_version=newest)
    french = PromptTexts("Answer in French.")
    create_prompt_set(owner=demo.maya, name="In French", pattern="", texts=french)
    maya, page, composer = demo.maya, f"/prompts/{kept.pk}/", "/?prompt_set=House style"
    return [
        View("prompts", maya, "/prompts/"),
        View("prompts-none", demo.newcomer, "/prompts/"),
        View("prompts-import", maya, "/prompts/", click_link("Import")),
        View("prompts-set", maya, page),
        View("prompts-changes", maya, f"{page}?version=2&against=1"),
        View("prompts-edit", maya, f"{page}edit/"),
        View("prompts-new", maya, "/prompts/new/?pattern=storm"),
        View("new-prompts", maya, composer, _steps),
        View("new-preview", maya, composer, _preview),
    ]


def _steps(page: Page) -> None:
    page.locator(".adv > summary").click()
    page.get_by_text("Prompts of the steps").click()
    page.locator(".prompt-step > summary").first.click()


def _preview(page: Page) -> None:
    page.locator(".adv > summary").click()
    page.get_by_role("button", name="Preview prompts").click()
    page.locator("#prompts pre").first.wait_for()
