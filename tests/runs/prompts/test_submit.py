"""A submit that names a prompt set: override over set over built-in, pinned in the run."""

import pytest

from runs.models import Run
from runs.prompt_texts import PromptTexts
from runs.services import Submission, submit_run
from runs.services.prompt_sets import add_version, delete_prompt_set
from tests import journal
from tests.runs.prompts.sets import POET, prompt_set

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"
TASK = {"task": "Write a note.", "pattern": "reflection"}


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def post(api, url=URL, **body):
    return api.post(url, TASK | body, format="json")


def test_the_run_has_the_texts_and_says_where_they_are_from(api, alice):
    version = prompt_set(alice)

    response = post(api, prompt_set="poet")

    assert response.status_code == 202
    assert response.json()["prompt_set"] == "poet@1"
    run = Run.objects.get()
    assert run.prompt_version == version
    assert run.config["custom_instructions"] == "In French."
    assert run.config["goals"] == ["short"]
    assert run.config["prompts"] == POET


def test_what_the_body_says_is_added_or_goes_before(api, alice):
    prompt_set(alice, prompts={"generate": {"system": "A poet.", "user": "Task: {task}"}})

    post(
        api,
        prompt_set="poet@1",
        custom_instructions="Be brief.",
        goals=["clear"],
        prompts={"generate": {"system": "A painter."}, "refine": {"system": "An editor."}},
    )

    config = Run.objects.get().config
    names = ("custom_instructions", "goals", "prompts")
    assert {name: config[name] for name in names} == {
        "custom_instructions": "In French.\n\nBe brief.",
        "goals": ["short", "clear"],
        "prompts": {
            "generate": {"system": "A painter.", "user": "Task: {task}"},
            "refine": {"system": "An editor."},
        },
    }


def test_a_name_means_the_newest_version_and_a_number_one_of_them(api, alice):
    made = prompt_set(alice).prompt_set
    add_version(prompt_set=made, texts=PromptTexts(goals=("long",)))

    assert post(api, prompt_set="poet").json()["prompt_set"] == "poet@2"
    assert post(api, prompt_set="poet@1").json()["prompt_set"] == "poet@1"
    newest, oldest = Run.objects.order_by("-prompt_set")
    assert (newest.config["goals"], oldest.config["goals"]) == (["long"], ["short"])


def test_a_later_version_changes_no_run(api, alice):
    made = prompt_set(alice).prompt_set
    post(api, prompt_set="poet")

    add_version(prompt_set=made, texts=PromptTexts(goals=("long",)))

    assert Run.objects.get().config["goals"] == ["short"]


@pytest.mark.parametrize(
    "name", ["Poet", "poet@2", "poet@0", "poet@", "poet@x", "poet@1@1", "poet@99999999999", "bobs"]
)
@pytest.mark.parametrize("url", [URL, "/api/v1/estimate/", "/api/v1/prompts/preview/"])
def test_a_set_that_the_user_does_not_have_is_refused(api, alice, bob, name, url):
    prompt_set(alice)
    prompt_set(bob, name="bobs")

    response = post(api, url, prompt_set=name)

    assert response.status_code == 400
    assert response.json()["errors"] == {"prompt_set": [f"You have no prompt set “{name}”."]}
    assert not Run.objects.exists()


def test_a_set_for_another_pattern_is_refused(api, alice):
    prompt_set(alice)

    response = post(api, pattern="react", prompt_set="poet")

    assert response.status_code == 400
    assert "is for the pattern “reflection”" in response.json()["errors"]["prompt_set"][0]


def test_a_set_without_a_pattern_goes_with_any(api, alice):
    prompt_set(alice, pattern="", prompts={})

    assert post(api, pattern="react", prompt_set="poet").status_code == 202
    assert post(api, pattern="reflection", prompt_set="poet").status_code == 202


def test_texts_that_are_too_long_together_are_refused(api, alice):
    prompt_set(alice, custom_instructions="x" * 15_000)

    response = post(api, prompt_set="poet", custom_instructions="y" * 15_000)

    assert response.status_code == 413
    assert "custom_instructions" in response.json()["errors"]


def test_the_estimate_counts_the_texts_of_the_set(api, alice):
    prompt_set(alice, custom_instructions="Follow this. " * 1000)

    plain, with_set = (
        float(post(api, "/api/v1/estimate/", **body).json()["cost_usd"]["p50"])
        for body in ({}, {"prompt_set": "poet"})
    )

    assert with_set > plain


def test_the_same_request_is_the_same_run_whatever_the_set_has_become(api, alice):
    made = prompt_set(alice).prompt_set
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    body = TASK | {"prompt_set": "poet"}
    first = api.post(URL, body, format="json", **key)

    add_version(prompt_set=made, texts=PromptTexts(goals=("long",)))
    again = api.post(URL, body, format="json", **key)
    delete_prompt_set(prompt_set=made)
    once_more = api.post(URL, body, format="json", **key)

    assert first.json()["id"] == again.json()["id"] == once_more.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert once_more.json()["prompt_set"] == "poet@1"


def test_the_same_texts_by_hand_and_through_sets_are_equal_runs(alice, settings):
    settings.RESULT_CACHE_S = 3600
    prompt_set(alice)
    prompt_set(alice, name="another name")
    by_hand = Submission(
        task="Write a note.",
        pattern="reflection",
        custom_instructions="In French.",
        goals=("short",),
        prompts=POET,
    )
    paid = journal.succeed(submit_run(owner=alice, submission=by_hand).run)

    for name in ("poet", "another name@1"):
        named = Submission(task="Write a note.", pattern="reflection", prompt_set=name)
        run = submit_run(owner=alice, submission=named).run
        assert (run.cache_hit, run.paid_by) == (True, paid)
        assert run.prompt_set == f"{name.removesuffix('@1')}@1"
