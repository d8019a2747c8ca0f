"""Prompts by hand: a set is made and used, steps are changed and previewed, nothing is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run
from tests.browser.visitor import TASK, follow, sign_in
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.browser


def open_advanced(page: Page) -> None:
    page.locator(".adv > summary").click()


def open_step(page: Page, label: str) -> None:
    page.locator(".prompt-step > summary", has_text=label).locator("visible=true").click()


def test_a_set_is_made_edited_compared_and_used(page: Page, owner: User, no_worker) -> None:
    page.goto("/prompts/")
    follow(page, page.get_by_role("link", name="New prompt set"))
    page.get_by_label("Name").fill("house style")
    page.get_by_label("Goals").fill("short")
    page.get_by_label("For", exact=True).select_option("reflection")
    open_step(page, "generate")
    page.get_by_label("System message of").locator("visible=true").fill("You are a poet.")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved “house style”.")).to_be_visible()
    follow(page, page.get_by_role("link", name="Edit"))
    page.get_by_label("Goals").fill("short\nclear")
    page.get_by_label("Note").fill("also clear")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="What changed in version 2").click()
    expect(page.locator(".diff ins")).to_have_text("Added: clear")

    follow(page, page.get_by_role("link", name="Use in a new run"))
    page.get_by_role("textbox", name="Task").fill(TASK)
    open_advanced(page)
    expect(page.get_by_label("Prompt set")).to_have_value("house style")
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.wait_for_url(re.compile("/runs/.+"))
    run = Run.objects.get(owner=owner)
    assert run.prompt_set == "house style@2"
    assert run.config["prompts"] == {"generate": {"system": "You are a poet."}}
    page.get_by_role("link", name="house style v2").click()
    expect(page.get_by_role("heading", name="house style")).to_be_visible()


def test_steps_are_changed_and_previewed_and_another_pattern_loses_nothing(
    page: Page, owner: User, no_worker
) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Task").fill(TASK)
    open_advanced(page)
    page.get_by_text("Prompts of the steps").click()
    page.get_by_role("radio", name="Reflection").check()
    open_step(page, "refine")
    refine = page.locator("[data-steps=reflection] .prompt-step[open]")
    user = refine.get_by_label("User message of")
    refine.get_by_text("The built-in text").last.click()
    refine.get_by_role("button", name="Start from it").last.click()
    expect(user).to_have_value(re.compile("{review}"))
    user.fill("{task} {draft}")

    page.get_by_role("radio", name="ReAct").check()
    expect(user).to_be_hidden()
    page.get_by_role("radio", name="Reflection").check()
    expect(user).to_have_value("{task} {draft}")

    preview = page.get_by_role("dialog", name="Preview of prompts")
    page.get_by_role("button", name="Preview prompts").click()
    expect(preview.get_by_text("refine.user: {review} is missing.")).to_be_visible()
    preview.get_by_role("link", name="Close").click()
    follow(page, page.get_by_role("button", name=re.compile("^Run")))
    expect(user).to_have_value("{task} {draft}")
    expect(page.get_by_text("refine.user: {review} is missing.").first).to_be_visible()

    user.fill("{task} {draft} {review}!")
    page.get_by_role("button", name="Preview prompts").click()
    expect(preview.locator("mark", has_text="{review}")).to_be_visible()
    expect(preview.locator("pre", has_text=f"{TASK} {{draft}} {{review}}!")).to_be_visible()
    preview.get_by_role("link", name="Close").click()
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.wait_for_url(re.compile("/runs/.+"))
    run = Run.objects.get(owner=owner)
    assert run.config["prompts"] == {"refine": {"user": "{task} {draft} {review}!"}}


def test_what_the_composer_has_becomes_a_set_in_another_tab(page: Page, owner: User) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Task").fill(TASK)
    open_advanced(page)
    page.get_by_label("Goals").fill("short")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Save as a prompt set").click()
    expect(opened.value.get_by_label("Goals")).to_have_value("short")
    expect(page.get_by_role("textbox", name="Task")).to_have_value(TASK)
    expect(page.get_by_role("button", name=re.compile("^Run"))).to_be_enabled()


def test_it_works_without_script(page_for, owner: User, no_worker) -> None:
    prompt_set(owner)
    page = page_for(java_script_enabled=False)
    sign_in(page, owner)
    page.get_by_role("textbox", name="Task").fill(TASK)
    page.get_by_role("radio", name="Reflection").check()
    open_advanced(page)
    page.get_by_label("Prompt set").select_option("poet")
    page.get_by_text("Prompts of the steps").click()
    page.get_by_role("button", name="Show the steps").click()
    expect(page.get_by_role("textbox", name="Task")).to_have_value(TASK)
    open_advanced(page)
    page.get_by_role("button", name="Preview prompts").click()
    expect(page.get_by_text("You are a poet.")).to_be_visible()
    page.get_by_role("button", name="Back to the form").click()
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.wait_for_url(re.compile("/runs/.+"))
    assert Run.objects.get(owner=owner).prompt_set == "poet@1"
