"""POST /api/v1/prompts/preview/: the messages of a run, before there is one."""

import pytest

from runs.engine.registry import PATTERNS
from runs.models import Run
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.django_db
URL = "/api/v1/prompts/preview/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def preview(api, **body):
    response = api.post(URL, {"task": "Write a note.", "pattern": "reflection"} | body, "json")
    assert response.status_code == 200, response.content
    return response.json()


def messages(shown):
    return {
        (step["key"], message["role"]): message
        for step in shown["steps"]
        for message in step["messages"]
    }


def test_each_step_is_shown_with_what_only_the_run_can_fill(api):
    shown = preview(api, custom_instructions="Say {draft}.", goals=["short"])

    assert (shown["pattern"], shown["prompt_set"], shown["faults"]) == ("reflection", None, [])
    assert [step["key"] for step in shown["steps"]] == ["generate", "reflect", "refine"]
    found = messages(shown)
    assert "Write a note." in found["generate", "user"]["content"]
    assert found["generate", "user"]["placeholders"] == []
    review = found["refine", "user"]
    for place in review["placeholders"]:
        assert review["content"][place["offset"] :].startswith(f"{{{place['name']}}}")
    assert [place["name"] for place in review["placeholders"]] == ["draft", "review"]
    for step in ("generate", "reflect", "refine"):
        system = found[step, "system"]
        assert "- short" in system["content"]
        assert system["content"].endswith("Say {draft}.")
        assert system["placeholders"] == []
    assert not Run.objects.exists()


def test_braces_in_the_task_are_no_placeholders(api):
    shown = messages(preview(api, task="Explain {draft} 🎈 and {review}."))["reflect", "user"]

    place = next(place for place in shown["placeholders"] if place["name"] == "draft")
    assert "Explain {draft} 🎈 and {review}." in shown["content"]
    assert place["offset"] > shown["content"].index("{review}")
    assert shown["content"][place["offset"] :].startswith("{draft}")


def test_without_a_task_that_is_a_placeholder_too(api):
    shown = messages(preview(api, task=" "))["generate", "user"]

    assert [place["name"] for place in shown["placeholders"]] == ["task"]


def test_each_half_says_whose_it_is(api, alice):
    prompt_set(alice, prompts={"generate": {"system": "A poet.", "user": "{task}!"}})

    shown = preview(api, prompt_set="poet", prompts={"generate": {"system": "A painter."}})

    found = messages(shown)
    assert shown["prompt_set"] == "poet@1"
    assert found["generate", "system"]["source"] == "request"
    assert found["generate", "system"]["content"].startswith("A painter.")
    assert found["generate", "user"] == {
        "role": "user",
        "content": "Write a note.!",
        "source": "prompt_set",
        "placeholders": [],
    }
    assert found["reflect", "user"]["source"] == "built_in"


def test_faults_are_named_by_step_and_placeholder_beside_what_would_be_sent(api):
    prompts = {
        "genrate": {"system": "x"},
        "reflect": {"system": "{mood}"},
        "refine": {"user": "{task} {draft}"},
    }

    shown = preview(api, prompts=prompts)

    assert [(f["step"], f["half"], f["variable"]) for f in shown["faults"]] == [
        ("genrate", None, None),
        ("reflect", "system", "mood"),
        ("refine", "user", "review"),
    ]
    assert messages(shown)["reflect", "system"]["content"].startswith("{mood}")


@pytest.mark.parametrize("key", PATTERNS)
def test_every_pattern_can_be_looked_at(api, key):
    shown = preview(api, pattern=key)

    assert [step["key"] for step in shown["steps"]] == [s.key for s in PATTERNS[key].steps]
    assert shown["faults"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"task": "x", "taks": ""}, 400, "invalid"),
        ({"task": "x", "pattern": "nonsense"}, 422, "unknown_pattern"),
        ({"task": "x" * 200_001}, 413, "payload_too_large"),
        ({"task": "x", "goals": ["g" * 11_000]}, 413, "payload_too_large"),
    ],
)
def test_what_a_submit_refuses_for_its_form_is_refused_here(api, body, status, code):
    response = api.post(URL, body, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_it_reads_and_so_needs_a_token_that_may_read(api_for, alice):
    assert api_for(alice, ["runs:write"]).post(URL, {"task": "x"}, "json").status_code == 403
    assert api_for(alice, ["runs:read"]).post(URL, {"task": "x"}, "json").status_code == 200
