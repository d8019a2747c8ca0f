"""A run's specification is the same at its submit, in its row and for the worker."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from runs.engine.types import Spec
from runs.executor.execute import READ_RUN
from runs.services import Submission, submit_run
from runs.services.checks import checked
from runs.spec import columns, spec_of_row, spec_of_run

TEXT = {"type": ["string", "null"]}
FULL = Submission(
    task="Explain it.",
    pattern="reflection",
    model="gpt-4.1",
    params={"max_reflection_cycles": 2},
    tools=("calculator",),
    custom_instructions="In French.",
    goals=("short", "clear"),
    prompts={"generate": {"system": "You are a poet."}},
    roles={"reflection": "gpt-4.1-mini"},
    reasoning_effort="high",
    verbosity="low",
    answer_schema={"type": "object", "properties": {"zebra": TEXT, "a": TEXT}, "required": ["a"]},
)


def of_a_row(run_id: UUID) -> Spec:
    with connection.cursor() as cursor:
        cursor.execute(READ_RUN, [run_id])
        *_, task, pattern, model, params, tools, config = cursor.fetchone()
    # Django's raw cursors leave JSONB as text; the worker's own connections parse it.
    return spec_of_row(task, pattern, model, *map(json.loads, (params, tools, config)))


@pytest.mark.django_db
def test_a_submission_its_row_and_the_worker_agree(alice: User):
    spec = checked(FULL).spec
    run = submit_run(owner=alice, submission=FULL).run
    run.refresh_from_db()
    assert spec_of_run(run) == of_a_row(run.pk) == spec
    # Neither the row nor the worker changes the order in which a model will write.
    assert json.loads(spec.answer_schema)["required"] == ["zebra", "a"]
    assert (spec.model, spec.roles) == ("gpt-4.1", {"reflection": "gpt-4.1-mini"})
    assert {name: getattr(run, name) for name in columns(spec)} == columns(spec)


@pytest.mark.django_db
def test_a_row_of_an_earlier_release_has_no_wishes(alice: User):
    run = submit_run(owner=alice, submission=FULL).run
    for name in ("reasoning_effort", "verbosity"):
        del run.config[name]
    spec = spec_of_run(run)
    assert (spec.reasoning_effort, spec.verbosity) == ("", "")


@pytest.mark.django_db
@pytest.mark.parametrize("submission", [FULL, Submission(task="x"), replace(FULL, model="auto")])
def test_a_submit_reads_the_prices_once(alice: User, submission: Submission):
    with CaptureQueriesContext(connection) as queries:
        submit_run(owner=alice, submission=submission)
    sent = [query["sql"] for query in queries]
    assert len([sql for sql in sent if "billing_modelprice" in sql]) == 1
    assert len([sql for sql in sent if "billing_modelsafety" in sql]) == 1


@pytest.mark.django_db
def test_a_plan_has_the_prices_of_all_its_models():
    assert set(checked(FULL).prices) == {"gpt-4.1", "gpt-4.1-mini"}


@pytest.mark.django_db
def test_a_role_that_leaves_the_model_to_us_gets_a_real_one():
    plan = checked(replace(FULL, roles={"reflection": "auto"}))
    assert plan.spec.roles["reflection"] in plan.prices
    assert plan.spec.roles["reflection"] != "auto"
