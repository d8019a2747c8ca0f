"""The pages of prompt sets: list, make, edit, compare, export, import, delete."""

import json
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from runs.models.prompt_sets import PromptSet, PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.services.prompt_sets import add_version
from tests.factories import RunFactory
from tests.runs.prompts.sets import POET, prompt_set

pytestmark = pytest.mark.django_db
NEW = "/prompts/new/"


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def text(response) -> str:
    return str(response.content.decode())


def page_of(version: PromptSetVersion, more: str = "") -> str:
    return f"/prompts/{version.prompt_set_id}/{more}"


def upload(browser, content: bytes):
    file = SimpleUploadedFile("set.json", content, "application/json")
    return browser.post("/prompts/import/", {"file": file})


def test_the_list_has_the_readers_own_sets(browser, alice, bob):
    assert "No prompt sets yet" in text(browser.get("/prompts/"))
    prompt_set(alice, name="mine & only")
    prompt_set(bob, name="his")

    html = text(browser.get("/prompts/"))

    assert "mine &amp; only" in html
    assert "his<" not in html
    assert 'href="/?prompt_set=mine%20%26%20only"' in html


def test_a_stranger_and_someone_else_see_nothing(client, client_for, alice, bob):
    version = prompt_set(alice)
    addresses = [page_of(version, more) for more in ("", "edit/", "export/")]

    assert {client.get(address).status_code for address in addresses} == {302}
    assert {client_for(bob).get(address).status_code for address in addresses} == {404}
    assert client_for(bob).post(page_of(version, "edit/"), {}).status_code == 404
    assert client_for(bob).post(page_of(version, "delete/")).status_code == 404
    assert PromptSetVersion.objects.count() == 1


def test_a_set_is_made_with_what_was_filled_in(browser, alice):
    data = {
        "name": "poet",
        "pattern": "reflection",
        "custom_instructions": "In French.\r\nAlways.",
        "goals": "short\r\n\r\n clear ",
        "prompts-reflection-generate-system": "You are a poet.",
        "prompts-reflection-generate-user": " ",
        "prompts-react-think-system": "of no matter here",
    }

    response = browser.post(NEW, data)

    made = PromptSet.objects.get(owner=alice)
    assert response["Location"] == f"/prompts/{made.pk}/"
    assert made.versions.get().texts == PromptTexts("In French.\nAlways.", ("short", "clear"), POET)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Give it a name."),
        ({"name": "a@b"}, "no @"),
        ({"name": "taken"}, "You have a prompt set “taken” already."),
        ({"pattern": "nonsense"}, "Select a valid choice"),
        ({"goals": "x" * 11_000}, "This is longer than 10,000 bytes in all."),
        ({"prompts-reflection-refine-user": "{task} {draft}"}, "{review} is missing"),
        ({"prompts-reflection-refine-system": "{mood}"}, "there is no variable {mood}"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_all_is_kept(browser, alice, changes, said):
    prompt_set(alice, name="taken")
    data = {
        "name": "poet",
        "pattern": "reflection",
        "custom_instructions": "Keep this.",
        "prompts-reflection-generate-system": "And this.",
        "prompts-react-think-system": "And that.",
    } | changes

    response = browser.post(NEW, data)

    assert response.status_code == 422
    html = text(response)
    assert said in html
    for kept in ("Keep this.", "And this.", "And that."):
        assert kept in html
    assert PromptSet.objects.count() == 1


def test_another_pattern_shows_its_steps_and_keeps_what_was_filled_in(browser):
    data = {
        "show": "1",
        "pattern": "react",
        "custom_instructions": "Keep this.",
        "prompts-reflection-generate-system": "And this.",
    }

    html = text(browser.post(NEW, data))

    assert 'name="prompts-react-think-system"' in html
    assert "Keep this." in html
    assert "And this." in html
    assert "Give it a name." not in html
    assert not PromptSet.objects.exists()


def test_an_edit_is_a_new_version(browser, alice):
    version = prompt_set(alice)
    form = browser.get(page_of(version, "edit/")).context["form"]
    assert form["goals"].value() == "short"
    assert form.chosen_steps.prompts == POET

    data = {"custom_instructions": "In French.", "goals": "long", "note": "longer"}
    response = browser.post(page_of(version, "edit/"), data, follow=True)

    assert "Saved as version 2." in text(response)
    newest = version.prompt_set.versions.get(number=2)
    assert newest.texts == PromptTexts("In French.", ("long",), {})
    assert newest.note == "longer"


def test_an_edit_without_a_change_makes_no_version(browser, alice):
    version = prompt_set(alice)
    data = {
        "custom_instructions": "In French.",
        "goals": "short",
        "prompts-reflection-generate-system": "You are a poet.",
    }

    response = browser.post(page_of(version, "edit/"), data, follow=True)

    assert "Nothing has changed" in text(response)
    assert PromptSetVersion.objects.count() == 1


def test_an_edit_that_is_refused_keeps_what_was_filled_in(browser, alice):
    version = prompt_set(alice)
    data = {"prompts-reflection-refine-user": "{task} only", "goals": "Keep this."}

    response = browser.post(page_of(version, "edit/"), data)

    assert response.status_code == 422
    assert "{draft} is missing" in text(response)
    assert "Keep this." in text(response)
    assert "{task} only" in text(response)


def test_two_versions_are_compared_line_by_line(browser, alice):
    version = prompt_set(alice, custom_instructions="One.\nTwo.\nThree.")
    texts = PromptTexts("One.\n2.\nThree.", ("short",), {})
    add_version(prompt_set=version.prompt_set, texts=texts)

    html = text(browser.get(page_of(version, "?version=2&against=1")))

    assert '<del><span class="sr">Removed: </span>Two.</del>' in html
    assert '<ins><span class="sr">Added: </span>2.</ins>' in html
    assert "<p>Three.</p>" in html
    assert "Goals</h3>" not in html
    assert '<del><span class="sr">Removed: </span>You are a poet.</del>' in html
    assert "Both say the same." in text(browser.get(page_of(version, "?version=1&against=1")))


@pytest.mark.parametrize(
    "query", ["?version=2", "?version=x", "?version=99999999999", "?against=0"]
)
def test_a_version_that_is_none_is_not_found(browser, alice, query):
    assert browser.get(page_of(prompt_set(alice), query)).status_code == 404


def test_an_older_version_can_be_used_and_gone_on_from(browser, alice):
    version = prompt_set(alice)
    add_version(prompt_set=version.prompt_set, texts=PromptTexts(goals=("long",)))

    html = text(browser.get(page_of(version, "?version=1")))

    assert 'href="/?prompt_set=poet@1"' in html
    assert f'href="{page_of(version, "edit/?version=1")}"' in html
    form = browser.get(page_of(version, "edit/?version=1")).context["form"]
    assert form["goals"].value() == "short"


def test_a_version_names_the_runs_that_used_it(browser, alice, bob):
    version = prompt_set(alice)
    newer, _ = add_version(prompt_set=version.prompt_set, texts=PromptTexts("In Greek."))
    used = {"prompt_set": str(version), "prompt_version": version}
    run = RunFactory.create(owner=alice, task="Write a haiku", **used)
    RunFactory.create(owner=bob, task="Not yours", **used)
    shown = browser.get(page_of(version, "?version=1")).content.decode()
    assert f'href="/runs/{run.pk}/">Write a haiku</a>' in shown
    assert "Not yours" not in shown
    assert "No run has used it yet." in text(browser.get(page_of(newer)))


def test_a_set_that_is_deleted_is_gone_and_its_runs_say_so(browser, alice):
    version = prompt_set(alice)
    run = RunFactory.create(owner=alice, prompt_set="poet@1", prompt_version=version)
    page = f"/runs/{run.pk}/"
    assert f'href="{page_of(version)}?version=1">poet v1</a>' in text(browser.get(page))

    response = browser.post(page_of(version, "delete/"), follow=True)

    assert "is gone. Runs keep the prompts that they used." in text(response)
    assert not PromptSet.objects.exists()
    assert "poet v1, deleted since" in text(browser.get(page))


def test_an_exported_set_can_be_imported_and_posted(browser, api_for, alice, bob, client_for):
    exported = browser.get(page_of(prompt_set(alice), "export/"))
    assert exported["Content-Disposition"].startswith("attachment")

    shown = upload(client_for(bob), exported.content).context["form"]
    posted = api_for(bob).post("/api/v1/prompt-sets/", json.loads(exported.content), "json")

    assert shown["name"].value() == "poet"
    assert shown["pattern"].value() == "reflection"
    assert shown["custom_instructions"].value() == "In French."
    assert shown.chosen_steps.prompts == POET
    assert posted.status_code == 201
    assert posted.json()["latest"]["prompts"] == POET


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The submitted file is empty."),
        (b"\xff", "This file has no prompt set."),
        (b"[]", "This file has no prompt set."),
        (b'{"name": 5}', "This file has no prompt set. name:"),
        (b'{"name": "x", "goal": []}', "goal: Extra inputs"),
        (b'{"name": "x", "pattern": "nonsense"}', "no pattern “nonsense”"),
        (b'{"name": "x", "prompts": {"think": {}}}', "for any pattern"),
        (
            b'{"name": "x", "pattern": "react", "prompts": {"thnk": {"system": "y"}}}',
            "has no step “thnk”",
        ),
        (b'{"name": "' + b"x" * 200_000 + b'"}', "longer than 200,000 bytes"),
    ],
)
def test_a_file_that_would_lose_something_is_refused(browser, content, said):
    response = upload(browser, content)

    assert response.status_code == 422
    assert said in text(response)


def test_the_steps_of_a_pattern_are_fields_with_its_own_texts(browser):
    html = text(browser.get("/prompts/steps/?pattern=reflection"))

    assert 'data-steps="reflection"' in html
    assert 'name="prompts-reflection-refine-user"' in html
    assert "{review}" in html
    assert "improve a draft" in html
    assert browser.get("/prompts/steps/?pattern=nonsense").status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 5_000, "1\0", "x"])
def test_a_version_that_there_cannot_be_is_not_found(browser, alice, number: str):
    address = page_of(prompt_set(alice))
    for name in ("version", "against"):
        assert browser.get(address, {"version": "1", name: number}).status_code == 404


def test_a_name_that_there_cannot_be_chooses_nothing(browser):
    assert browser.get("/", {"prompt_set": "a\0"}).status_code == 200


def test_versions_that_have_nothing_in_common_are_compared_soon(browser, alice):
    lines = [chr(ord("!") + n % 94) for n in range(6_000)]
    first = prompt_set(alice, custom_instructions="\n".join(lines))
    other = PromptTexts("\n".join(reversed(lines)))
    add_version(prompt_set=first.prompt_set, texts=other)
    began = time.thread_time()
    answer = browser.get(page_of(first), {"version": "2", "against": "1"})
    assert answer.status_code == 200
    assert time.thread_time() - began < 10
