"""The composer's prompts: its sets, its steps, its preview, and a run that is repeated."""

import json

import pytest

from runs.models import Run
from runs.prompt_texts import PromptTexts
from runs.services import Submission, submit_run
from runs.services.prompt_sets import add_version, delete_prompt_set
from tests.runs.prompts.sets import POET, prompt_set

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def fields(page, **changes) -> dict[str, object]:
    key = page.context["form"]["idempotency_key"].value()
    filled = {"task": "Write a note.", "pattern": "reflection", "model": "auto"}
    return filled | {"idempotency_key": key} | changes


def text(response) -> str:
    return str(response.content.decode())


def test_a_run_has_the_prompts_that_were_filled_in(browser, alice):
    prompt_set(alice)
    data = fields(
        browser.get("/"),
        prompt_set="poet",
        goals="clear\r\nkind",
        **{
            "prompts-reflection-refine-system": "An editor.\r\nA strict one.",
            "prompts-react-think-system": "{of no matter here}",
        },
    )

    browser.post("/", data)

    run = Run.objects.get(owner=alice)
    assert run.prompt_set == "poet@1"
    assert run.config["goals"] == ["short", "clear", "kind"]
    assert run.config["prompts"] == POET | {"refine": {"system": "An editor.\nA strict one."}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt_set": "gone"}, "You have no prompt set “gone”."),
        ({"prompt_set": "poet", "pattern": "react"}, "is for the pattern “reflection”"),
        ({"prompts-reflection-refine-user": "{task}"}, "{review} is missing"),
        ({"goals": "x" * 11_000}, "This is longer than 10,000 bytes in all."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(browser, alice, changes, said):
    prompt_set(alice)
    kept = {"goals": "Keep this.", "prompts-storm-lead-system": "Keep that."}

    response = browser.post("/", fields(browser.get("/"), **(kept | changes)))

    assert response.status_code == 422
    html = text(response)
    assert said in html
    assert '<details class="adv" open>' in html
    assert "Keep that." in html
    assert "goals" in changes or "Keep this." in html
    assert not Run.objects.exists()


def test_a_set_is_chosen_by_a_link_with_its_pattern(browser, alice, bob):
    prompt_set(alice)
    prompt_set(bob, name="his")

    form = browser.get("/?prompt_set=poet").context["form"]
    assert (form["prompt_set"].value(), form["pattern"].value()) == ("poet", "reflection")

    options = browser.get("/?prompt_set=his").context["prompt_sets"]
    assert [option.value for option in options] == ["", "poet"]


def test_a_run_that_is_repeated_names_its_set_and_has_its_own_texts(browser, alice):
    made = prompt_set(alice).prompt_set
    asked = Submission(
        task="Write a note.",
        pattern="reflection",
        prompt_set="poet",
        custom_instructions="Be brief.",
        goals=("clear",),
        prompts={"refine": {"system": "An editor."}},
    )
    run = submit_run(owner=alice, submission=asked).run
    add_version(prompt_set=made, texts=PromptTexts(goals=("long",)))

    page = browser.get(f"/?from={run.pk}")

    form = page.context["form"]
    assert form["prompt_set"].value() == "poet@1"
    assert form["custom_instructions"].value() == "Be brief."
    assert form["goals"].value() == "clear"
    assert form.chosen_steps.prompts == {"refine": {"system": "An editor."}}
    assert [o.label for o in page.context["prompt_sets"] if o.selected] == ["poet, v1 · Reflection"]
    data = fields(page, **{name: form[name].value() for name in ("prompt_set", "goals")})
    data |= {
        "custom_instructions": "Be brief.",
        "prompts-reflection-refine-system": "An editor.",
    }
    browser.post("/", data)
    again = Run.objects.exclude(pk=run.pk).get()
    assert again.config == run.config


def test_the_same_run_by_api_names_the_set_and_what_is_its_own(browser, alice):
    prompt_set(alice)
    asked = Submission(task="x", pattern="reflection", prompt_set="poet", goals=("clear",))
    run = submit_run(owner=alice, submission=asked).run

    body = json.loads(browser.get(f"/runs/{run.pk}/").context["page"].api_body)

    assert body["prompt_set"] == "poet@1"
    assert body["goals"] == ["clear"]
    assert not {"custom_instructions", "prompts"} & body.keys()


def test_a_run_whose_set_is_gone_has_all_texts_as_its_own(browser, alice):
    made = prompt_set(alice).prompt_set
    asked = Submission(task="x", pattern="reflection", prompt_set="poet")
    run = submit_run(owner=alice, submission=asked).run
    delete_prompt_set(prompt_set=made)

    form = browser.get(f"/?from={run.pk}").context["form"]

    assert form["prompt_set"].value() == ""
    assert form["custom_instructions"].value() == "In French."
    assert form.chosen_steps.prompts == POET


def test_the_preview_shows_the_form_as_it_stands(browser, alice):
    prompt_set(alice)
    data = fields(browser.get("/"), prompt_set="poet", task="<b>{draft}</b>", script="true")

    html = text(browser.post("/prompts/preview/", data))

    assert "You are a poet." in html
    assert "Follow these instructions as well:\nIn French." in html
    assert "&lt;b&gt;{draft}&lt;/b&gt;" in html
    assert '<mark class="open" title="Filled in by the run">{draft}</mark>' in html
    assert "<html" not in html
    assert not Run.objects.exists()


def test_the_preview_says_what_is_wrong_beside_the_step(browser):
    data = fields(browser.get("/"), task="", script="true")
    data["prompts-reflection-refine-user"] = "{task} {mood}"

    html = text(browser.post("/prompts/preview/", data))

    assert "refine.user: there is no variable {mood}" in html
    assert "refine.user: {draft} is missing." in html
    assert '<mark class="open" title="Filled in by the run">{task}</mark>' in html


def test_the_preview_says_that_a_set_can_not_be_used(browser):
    data = fields(browser.get("/"), prompt_set="gone", script="true")

    assert "You have no prompt set “gone”." in text(browser.post("/prompts/preview/", data))


def test_without_script_the_preview_is_a_page_that_keeps_the_form(browser):
    data = fields(browser.get("/"), goals="Keep this.")

    page = browser.post("/prompts/preview/", data)

    assert "Preview of prompts" in text(page)
    back = dict(page.context["sent"]) | {"edit": "1"}
    assert back["goals"] == "Keep this."
    assert "Keep this." in text(browser.post("/", back))


def test_the_estimate_says_that_a_set_can_not_be_used(browser, alice):
    prompt_set(alice)
    data = fields(browser.get("/"), prompt_set="poet", pattern="react")

    assert "is for the pattern “reflection”" in text(browser.post("/estimate/", data))
