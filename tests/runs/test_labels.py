"""Tags, sessions, customers and metadata: kept with a run, and what finds it again."""

import json
from urllib.parse import urlencode

import pytest

from runs.models import Customer, Run
from runs.services import Submission, submit_run
from runs.services.checks import checked
from runs.spec import submission_of_run
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"
LABELS = {"tags": ["blue", "nightly"], "session_id": "chat-7", "customer": "ACME"}
# What a request without labels had before there were any.
DIGEST = "1cea772926240e0916cea204114f83b4e7977b12be86608d3314eb054a6a1cd2"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def found(api, **query) -> list[str]:
    response = api.get(f"{URL}?{urlencode(query, doseq=True)}")
    assert response.status_code == 200, response.content
    return [run["id"] for run in response.json()["results"]]


def test_labels_are_kept_and_shown(api):
    body = api.post(URL, {"task": "x", **LABELS}, format="json").json()

    assert {name: body[name] for name in LABELS} == LABELS
    run = Run.objects.get()
    shown = api.get(f"{URL}{run.pk}/").json()
    assert {name: shown[name] for name in LABELS} == LABELS
    assert submission_of_run(run).tags == ("blue", "nightly")


def test_a_run_without_labels_has_none(api):
    body = api.post(URL, {"task": "x"}, format="json").json()
    assert (body["tags"], body["session_id"], body["customer"]) == ([], "", "")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("tags", "blue", "tags"),
        ("tags", [7], "tags.0"),
        ("tags", ["x" * 61], "tags.0"),
        ("tags", [" "], "tags"),
        ("tags", ["a", "a"], "tags"),
        ("tags", [f"t{n}" for n in range(21)], "tags"),
        ("session_id", 7, "session_id"),
        ("session_id", "x" * 201, "session_id"),
        ("customer", "x" * 101, "customer"),
    ],
)
def test_labels_that_cannot_be_kept_are_refused_by_name(api, field, value, named):
    response = api.post(URL, {"task": "x", field: value}, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert named in response.json()["errors"]
    assert not Run.objects.exists()


def test_runs_are_found_by_each_label_and_by_all(api, api_for, alice, bob):
    mine = RunFactory.create(owner=alice, metadata={"team": "red", "k": "]"}, **LABELS)
    other = RunFactory.create(owner=alice, tags=["blue"], session_id="chat-8", customer="Globex")
    RunFactory.create(owner=bob, metadata={"team": "red"}, **LABELS)
    RunFactory.create(owner=alice)

    assert found(api, tag="blue") == [str(other.pk), str(mine.pk)]
    assert found(api, tag=["blue", "nightly"]) == [str(mine.pk)]
    assert found(api, session_id="chat-7") == [str(mine.pk)]
    assert found(api, customer="Globex") == [str(other.pk)]
    assert found(api, **{"metadata[team]": "red"}) == [str(mine.pk)]
    assert found(api, **{"metadata[team]": "red", "metadata[k]": "]"}) == [str(mine.pk)]
    assert found(api, **{"metadata[team]": "red", "tag": "nightly"}) == [str(mine.pk)]
    assert found(api, **{"metadata[team]": "blue"}) == []
    assert found(api, tag="blu") == []
    assert found(api_for(bob), session_id="chat-8") == []


@pytest.mark.parametrize("name", ["metadata", "metadata[]", "metadata[team", "tags"])
def test_a_misspelt_filter_is_refused(api, name):
    response = api.get(f"{URL}?{urlencode({name: 'x'})}")
    assert (response.status_code, response.json()["errors"]) == (
        400,
        {name: ["Unknown parameter."]},
    )


def test_a_name_of_metadata_that_cannot_be_is_no_fault_of_ours(api):
    assert api.get(f"{URL}?metadata[%00]=x").status_code == 400
    assert api.get(f"{URL}?tag=%00&tag=x").status_code == 400


def test_where_customers_are_known_others_are_refused(api, settings):
    settings.CUSTOMERS_POLICY = "known"
    Customer.objects.create(name="ACME")

    refused = api.post(URL, {"task": "x", "customer": "acme"}, format="json")
    known = api.post(URL, {"task": "x", "customer": "ACME"}, format="json")
    without = api.post(URL, {"task": "x"}, format="json")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["customer"])
    assert (known.status_code, without.status_code) == (202, 202)


def test_labels_are_part_of_the_request_and_not_of_the_answer(alice, settings):
    settings.RESULT_CACHE_S = 60
    plain, labelled = Submission("x"), Submission("x", tags=("a",), customer="ACME")

    assert plain.digest != labelled.digest
    runs = [submit_run(owner=alice, submission=asked).run for asked in (plain, labelled)]
    assert runs[0].cache_digest == runs[1].cache_digest is not None
    assert checked(plain).spec == checked(labelled).spec


def test_a_request_that_is_sent_again_over_a_release_is_the_same():
    """Fields that a release adds don't count where they have their defaults: see `LATER`."""
    asked = Submission("x", goals=("a",), metadata={"k": "v"})
    assert asked.digest == DIGEST


def test_the_list_page_takes_the_same_filters_and_shows_them(client_for, alice):
    RunFactory.create(owner=alice, task="Mine", metadata={"team": "red"}, **LABELS)
    RunFactory.create(owner=alice, task="Another")
    browser = client_for(alice)

    for query in ({"tag": "blue"}, {"session_id": "chat-7"}, {"metadata[team]": "red"}):
        html = browser.get(f"/runs/?{urlencode(query)}").content.decode()
        assert "Mine" in html
        assert "Another" not in html
        (value,) = query.values()
        assert f'value="{value}"' in html
    page = browser.get("/runs/?tag=blue&q=Mine")
    assert [label.without for label in page.context["labels"]] == ["q=Mine"]


def test_the_run_page_leads_to_runs_with_the_same_labels(client_for, alice):
    run = RunFactory.create(owner=alice, **(LABELS | {"customer": "A&B"}))
    response = client_for(alice).get(f"/runs/{run.pk}/")
    html = response.content.decode()

    for link in ("?tag=blue", "?session_id=chat-7", "?customer=A%26B"):
        assert f'href="/runs/{link}"' in html
    body = json.loads(response.context["page"].api_body)
    assert {name: body[name] for name in LABELS} == LABELS | {"customer": "A&B"}


def test_a_rerun_from_the_page_keeps_the_labels_and_the_roles(client_for, alice, bob):
    roles = {"thinking": "gpt-4.1-nano"}
    run = RunFactory.create(
        owner=alice, task="Mine", metadata={"team": "red"}, config__roles=roles, **LABELS
    )
    browser = client_for(alice)
    form = browser.get(f"/?from={run.pk}").context["form"]
    sent = {"task": "Mine", "pattern": "react", "model": "auto", "from": str(run.pk)}
    sent["idempotency_key"] = form["idempotency_key"].value()

    assert client_for(bob).post("/", sent).status_code == 404
    assert browser.post("/", sent).status_code == 302

    again = Run.objects.exclude(pk=run.pk).get()
    assert (again.tags, again.session_id, again.customer) == tuple(LABELS.values())
    assert again.metadata == {"team": "red"}
    assert again.config["roles"] == roles
