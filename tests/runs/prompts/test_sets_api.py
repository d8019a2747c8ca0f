"""/api/v1/prompt-sets/: kept in versions, each user's own."""

import pytest

from runs.models.prompt_sets import PromptSet, PromptSetVersion
from runs.services import prompt_sets
from tests.factories import RunFactory
from tests.runs.prompts.sets import POET, prompt_set

pytestmark = pytest.mark.django_db
URL = "/api/v1/prompt-sets/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def post(api, body, url=URL):
    return api.post(url, body, format="json")


def test_a_set_is_kept_as_its_first_version(api, alice):
    body = {
        "name": "poet",
        "pattern": "reflection",
        "custom_instructions": "In French.",
        "goals": ["short"],
        "prompts": POET,
        "note": "the first",
    }

    response = post(api, body)

    assert response.status_code == 201
    made = response.json()
    assert response["Location"] == f"http://testserver{URL}{made['id']}/"
    assert (made["name"], made["pattern"], made["version"]) == ("poet", "reflection", 1)
    assert made["latest"] == {
        "created_at": made["latest"]["created_at"],
        "number": 1,
        "custom_instructions": "In French.",
        "goals": ["short"],
        "prompts": POET,
        "note": "the first",
    }
    assert api.get(response["Location"]).json() == made
    assert PromptSet.objects.get().owner == alice


def test_an_edit_is_a_new_version_and_the_old_one_stays(api, alice):
    made = prompt_set(alice).prompt_set

    response = post(api, {"goals": ["long"], "note": "longer"}, f"{URL}{made.pk}/versions/")

    assert response.status_code == 201
    assert response.json()["number"] == 2
    assert response.json()["custom_instructions"] == ""
    assert api.get(f"{URL}{made.pk}/").json()["latest"]["goals"] == ["long"]
    assert api.get(f"{URL}{made.pk}/versions/1/").json()["goals"] == ["short"]
    numbers = [row["number"] for row in api.get(f"{URL}{made.pk}/versions/").json()["results"]]
    assert numbers == [2, 1]


def test_the_same_texts_make_no_version(api, alice):
    made = prompt_set(alice).prompt_set
    same = {"custom_instructions": "In French.", "goals": ["short"], "prompts": POET}

    response = post(api, same, f"{URL}{made.pk}/versions/")

    assert response.status_code == 200
    assert response.json()["number"] == 1
    assert PromptSetVersion.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_version_never_changes(api, alice, method):
    version = prompt_set(alice)
    url = f"{URL}{version.prompt_set_id}/versions/1/"

    assert getattr(api, method)(url, {"goals": []}, format="json").status_code == 405


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "invalid", "name"),
        ({"name": "a@b"}, 400, "invalid", "name"),
        ({"name": " a"}, 400, "invalid", "name"),
        ({"name": "a\nb"}, 400, "invalid", "name"),
        ({"name": "x" * 81}, 400, "invalid", "name"),
        ({"name": "x", "goal": []}, 400, "invalid", "goal"),
        ({"name": "x", "goals": "short"}, 400, "invalid", "goals"),
        ({"name": "x", "note": "n" * 201}, 400, "invalid", "note"),
        ({"name": "x", "pattern": "nonsense"}, 422, "unknown_pattern", "pattern"),
        ({"name": "x", "prompts": POET}, 400, "invalid", "prompts"),
        ({"name": "x", "custom_instructions": "é" * 15_000}, 413, "payload_too_large", None),
        (
            {"name": "x", "pattern": "reflection", "prompts": {"reflect": {"user": "{task}"}}},
            400,
            "invalid",
            "prompts",
        ),
    ],
)
def test_what_can_not_be_kept_is_refused_by_name(api, body, status, code, field):
    response = post(api, body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert field is None or field in response.json()["errors"]
    assert not PromptSet.objects.exists()


def test_a_fault_names_the_step_and_the_placeholder(api):
    prompts = {"reflect": {"user": "{task} {review}"}}

    said = post(api, {"name": "x", "pattern": "reflection", "prompts": prompts}).json()["detail"]

    assert "reflect.user: there is no variable {review}" in said
    assert "reflect.user: {draft} is missing" in said


def test_a_name_is_used_once_by_each_user(api, alice, bob):
    prompt_set(alice)
    prompt_set(bob, name="mine too")

    response = post(api, {"name": "poet"})

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert post(api, {"name": "mine too"}).status_code == 201


def test_someone_elses_set_does_not_exist(api, bob):
    url = f"{URL}{prompt_set(bob).prompt_set_id}/"

    assert api.get(URL).json()["results"] == []
    for response in (
        api.get(url),
        api.delete(url),
        api.get(f"{url}versions/"),
        post(api, {}, f"{url}versions/"),
        api.get(f"{url}versions/1/"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert PromptSet.objects.exists()


def test_a_version_that_is_none_is_not_found(api, alice):
    url = f"{URL}{prompt_set(alice).prompt_set_id}/versions/"

    assert api.get(f"{url}2/").status_code == 404
    assert api.get(f"{url}99999999999/").status_code == 404


def test_the_list_goes_by_name_page_by_page_and_has_no_texts(api, alice):
    for name in ("c", "a", "b"):
        prompt_set(alice, name=name)

    first = api.get(f"{URL}?page_size=2").json()

    assert [row["name"] for row in first["results"]] == ["a", "b"]
    assert "latest" not in first["results"][0]
    assert [row["name"] for row in api.get(first["next"]).json()["results"]] == ["c"]
    assert api.get(f"{URL}?order=x").status_code == 400


def test_a_set_that_is_deleted_leaves_the_runs_as_they_are(api, alice):
    version = prompt_set(alice)
    run = RunFactory.create(owner=alice, prompt_set="poet@1", prompt_version=version)

    assert api.delete(f"{URL}{version.prompt_set_id}/").status_code == 204
    assert api.delete(f"{URL}{version.prompt_set_id}/").status_code == 404

    run.refresh_from_db()
    assert (run.prompt_set, run.prompt_version_id) == ("poet@1", None)
    assert api.get(f"/api/v1/runs/{run.pk}/").json()["prompt_set"] == "poet@1"


@pytest.mark.parametrize(
    ("scope", "method", "status"),
    [
        ("runs:read", "get", 200),
        ("runs:read", "post", 403),
        ("runs:write", "get", 403),
        ("runs:write", "post", 201),
        ("usage:read", "get", 403),
    ],
)
def test_a_token_needs_the_scopes_of_runs(api_for, alice, scope, method, status):
    api = api_for(alice, [scope])
    response = api.get(URL) if method == "get" else post(api, {"name": "x"})

    assert response.status_code == status


def test_there_is_an_end_to_how_many_are_kept(api, alice, monkeypatch):
    monkeypatch.setattr(prompt_sets, "MAX_SETS", 1)
    monkeypatch.setattr(prompt_sets, "MAX_VERSIONS", 1)
    made = prompt_set(alice).prompt_set

    assert "up to 1 prompt sets" in post(api, {"name": "x"}).json()["detail"]
    too_many = post(api, {"goals": ["x"]}, f"{URL}{made.pk}/versions/")
    assert "up to 1 versions" in too_many.json()["detail"]
