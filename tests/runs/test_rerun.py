"""POST /api/v1/runs/{id}/rerun/: the same input again, or nearly."""

from typing import Any

import pytest

from accounts.models import Scope
from runs.models import Run
from runs.services import Submission, submit_run
from runs.spec import submission_of_run
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ASKED = Submission(
    task="Explain it.",
    pattern="reflection",
    model="gpt-4.1",
    params={"max_reflection_cycles": 2},
    goals=("short",),
    prompts={"generate": {"system": "You are a poet."}},
    metadata={"team": "blue"},
    tags=("nightly",),
    session_id="chat-7",
    customer="ACME",
)


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


@pytest.fixture
def source(alice) -> Run:
    return submit_run(owner=alice, submission=ASKED).run


def rerun(api: Any, run: Run, body: Any = None, query: str = "", **options: Any) -> Any:
    return api.post(f"/api/v1/runs/{run.pk}/rerun/{query}", body or {}, format="json", **options)


def test_the_same_input_makes_another_run(api, source):
    response = rerun(api, source)

    assert response.status_code == 202, response.content
    again = Run.objects.get(pk=response.json()["id"])
    assert again.pk != source.pk
    assert response["Location"].endswith(f"/api/v1/runs/{again.pk}/")
    assert response["X-RateLimit-Remaining"]
    asked = submission_of_run(again)
    assert asked == submission_of_run(source) or asked.cache != ASKED.cache
    assert (asked.task, asked.prompts, asked.tags) == (ASKED.task, ASKED.prompts, ASKED.tags)
    assert (again.chosen_model, again.params) == (source.chosen_model, source.params)


def test_the_body_changes_what_it_names(api, source):
    body = {"model": "gpt-4.1-mini", "goals": ["long"], "max_cost_usd": "0.5"}
    again = Run.objects.get(pk=rerun(api, source, body).json()["id"])

    assert (again.model, again.config["goals"]) == ("gpt-4.1-mini", ["long"])
    assert (again.task, again.customer) == (source.task, "ACME")
    assert str(again.max_cost_usd.normalize()) == "0.5"


def test_another_pattern_begins_with_its_own_parameters_and_prompts(api, source):
    again = Run.objects.get(pk=rerun(api, source, {"pattern": "react"}).json()["id"])

    assert again.pattern == "react"
    assert "max_reflection_cycles" not in again.params
    assert (again.config["prompts"], again.config["goals"]) == ({}, ["short"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"fork": {"run": "x", "step": 1}}, "fork"),
        ({"taks": "x"}, "taks"),
        ({"task": ""}, "task"),
        ({"params": {"turbo": True}}, "params.turbo"),
    ],
)
def test_what_a_submit_would_refuse_is_refused(api, source, body, named):
    response = rerun(api, source, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, [named])
    assert Run.objects.count() == 1


def test_a_key_makes_one_rerun(api, source):
    first = rerun(api, source, HTTP_IDEMPOTENCY_KEY='"k"')
    again = rerun(api, source, HTTP_IDEMPOTENCY_KEY="k")
    other = rerun(api, source, {"model": "gpt-4.1-mini"}, HTTP_IDEMPOTENCY_KEY="k")

    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert Run.objects.count() == 2


def test_it_needs_both_scopes_and_an_own_run(api_for, alice, source):
    for scopes in ([Scope.RUNS_WRITE], [Scope.RUNS_READ]):
        assert rerun(api_for(alice, scopes=scopes), source).status_code == 403
    assert rerun(api_for(UserFactory.create()), source).status_code == 404
    assert Run.objects.count() == 1


def test_it_buys_another_answer_unless_it_is_told_not_to(api, source):
    modes = [
        Run.objects.get(pk=rerun(api, source, body).json()["id"]).cache
        for body in ({}, {"cache": "use"}, {"cache": "off"})
    ]
    assert modes == ["refresh", "use", "off"]


def test_it_counts_as_a_submit(api, source, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"submit": "1/h"}

    assert rerun(api, source).status_code == 202
    assert rerun(api, source).status_code == 429
