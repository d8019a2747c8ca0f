"""The composer: what it offers, what it accepts, what it says when something is wrong."""

import json
import re
from decimal import Decimal
from html import unescape

import pytest

from runs.engine.registry import PATTERNS
from runs.models import Run
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def fields(page) -> dict[str, object]:
    """A filled-in form, with the key that the page gave it."""
    return {
        "task": "What is 6 times 7?",
        "pattern": "react",
        "model": "auto",
        "tools": ["calculator"],
        "idempotency_key": page.context["form"]["idempotency_key"].value(),
    }


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/").status_code == 302
    assert client.post("/", {"task": "x"}).status_code == 302


def test_every_registered_pattern_is_offered_with_its_parameters(browser):
    html = browser.get("/").content.decode()

    for key, pattern in PATTERNS.items():
        assert f'value="{key}"' in html
        for name in pattern.params.model_fields:
            assert f'name="{key}-{name}"' in html


def test_a_run_is_a_part_of_the_forms_trace(browser):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    browser.post("/", fields(browser.get("/")), headers={"traceparent": trace})
    assert Run.objects.get().traceparent == trace


def test_a_task_becomes_a_run_with_what_was_filled_in(browser, alice):
    data = fields(browser.get("/"))
    data |= {
        "task": "First line\r\nsecond",
        "pattern": "reflection",
        "reflection-max_reflection_cycles": "2",
        "react-max_iterations": "not a number, and of no matter here",
        "custom_instructions": "In French.",
        "reasoning_effort": "high",
        "verbosity": "low",
    }

    response = browser.post("/", data)

    run = Run.objects.get(owner=alice)
    assert response.status_code == 302
    assert response["Location"] == f"/runs/{run.pk}/"
    assert run.task == "First line\nsecond"
    assert run.params["max_reflection_cycles"] == 2
    assert run.config["custom_instructions"] == "In French."
    assert (run.config["reasoning_effort"], run.config["verbosity"]) == ("high", "low")
    assert run.tools == ["calculator"]


def test_sending_a_form_twice_gives_one_run(browser, alice):
    data = fields(browser.get("/"))

    first = browser.post("/", data)
    second = browser.post("/", data)

    assert first["Location"] == second["Location"]
    assert Run.objects.filter(owner=alice).count() == 1


def test_a_form_that_was_sent_and_then_changed_gets_a_new_key(browser, alice):
    data = fields(browser.get("/"))
    browser.post("/", data)

    again = browser.post("/", data | {"task": "Something else"})

    assert again.status_code == 409
    assert "already started a run" in again.content.decode()
    renewed = again.context["form"]["idempotency_key"].value()
    assert browser.post("/", data | {"task": "Something else", "idempotency_key": renewed}).url
    assert Run.objects.filter(owner=alice).count() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "  "}, "Say what the agent should do."),
        ({"pattern": "nonsense"}, "Select a valid choice"),
        ({"model": "gpt-nonsense"}, "is not offered here"),
        ({"tools": ["rm"]}, "Select a valid choice"),
        ({"react-max_iterations": "1000"}, "Ensure this value is less than or equal to"),
        ({"task": "x" * 200_001}, "The task is longer than"),
        ({"answer_schema": "{"}, "This is no JSON: "),
        ({"answer_schema": "[" * 9_000}, "nested too deeply"),
        ({"answer_schema": "[]"}, "A schema is a JSON object"),
        ({"answer_schema": '{"maximum": 1' + "0" * 5_000 + "}"}, "too long"),
        ({"answer_schema": '{"title": "\\ud800"}'}, "can’t be kept"),
        ({"answer_schema": '{"maximum": NaN}'}, "can’t be kept"),
        ({"answer_schema": '{"type": "array"}'}, "the answer has to be an object"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_runs(browser, changes, message):
    data = fields(browser.get("/")) | changes

    response = browser.post("/", data)

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Run.objects.exists()


def test_a_model_without_a_price_is_listed_but_can_not_be_chosen(browser, settings):
    settings.PROVIDER_MODELS = ("gpt-4.1-mini", "model-nobody-prices")

    html = browser.get("/").content.decode()

    assert '<option value="model-nobody-prices"  disabled>' in html
    response = browser.post("/", fields(browser.get("/")) | {"model": "model-nobody-prices"})
    assert "has no price" in response.content.decode()


def test_rerun_fills_the_form_with_the_past_run(browser, alice):
    run = RunFactory.create(
        owner=alice,
        task="Again, please",
        params={"max_iterations": 9},
        tools=[],
        model="gpt-4.1-nano",
        config__custom_instructions="Be brief.",
        config__reasoning_effort="high",
    )

    form = browser.get(f"/?from={run.pk}").context["form"]

    assert form["task"].value() == "Again, please"
    assert form["model"].value() == "gpt-4.1-nano"
    assert list(form["tools"].value()) == []
    assert form["custom_instructions"].value() == "Be brief."
    assert (form["reasoning_effort"].value(), form["verbosity"].value()) == ("high", "")
    assert form.params_forms["react"]["max_iterations"].value() == 9


def test_a_schema_becomes_the_run_s_and_comes_back(browser, alice):
    schema = (
        '{"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}'
    )
    browser.post("/", fields(browser.get("/")) | {"answer_schema": schema})

    run = Run.objects.get(owner=alice)
    assert run.answer_schema == json.loads(schema) | {"additionalProperties": False}
    form = browser.get(f"/?from={run.pk}").context["form"]
    assert json.loads(form["answer_schema"].value()) == run.answer_schema
    assert browser.post("/", fields(browser.get(f"/?from={run.pk}"))).status_code == 302


@pytest.mark.parametrize("source", ["not-an-id", "00000000-0000-7000-8000-000000000000"])
def test_rerun_of_nothing_is_not_found(browser, source):
    assert browser.get(f"/?from={source}").status_code == 404


def test_rerun_of_someone_elses_run_is_not_found(browser, bob):
    assert browser.get(f"/?from={RunFactory.create(owner=bob).pk}").status_code == 404


def test_too_many_submits_are_told_how_long_to_wait(browser, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"submit": "1/h"}
    browser.post("/", fields(browser.get("/")))

    response = browser.post("/", fields(browser.get("/")) | {"task": "Keep this text"})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many runs in a short time. Try again in" in response.content.decode()
    assert response.context["form"]["task"].value() == "Keep this text"
    assert Run.objects.count() == 1


def posted(example) -> dict[str, object]:
    """What the form behind an example's button sends."""
    names = ("task", "pattern", "model", "tools", "max_cost_usd", "idempotency_key")
    return {name: getattr(example, name) for name in names}


def test_the_first_visit_has_examples_and_later_ones_recent_runs(browser, alice):
    html = browser.get("/").content.decode()
    assert "Explain a stack trace" in html
    assert "Recent runs" not in html

    RunFactory.create(owner=alice, task="A past task")

    html = browser.get("/").content.decode()
    assert "Explain a stack trace" not in html
    assert "A past task" in html


def test_each_example_starts_one_run_with_a_pattern_of_its_own(browser):
    examples = browser.get("/").context["examples"]
    for example in (*examples, *examples):
        assert browser.post("/", posted(example)).status_code == 302

    runs = Run.objects.all()
    assert {run.pattern for run in runs} == {"react", "rewoo", "reflection"}
    assert len(runs) == 3
    assert {run.task for run in runs} == {example.task for example in examples}
    assert {run.max_cost_usd for run in runs} == {Decimal("0.25")}


def test_each_button_has_its_form_with_all_that_is_sent(browser):
    page = browser.get("/")
    html = page.content.decode()
    for example in page.context["examples"]:
        form = html.split(f'<form id="example-{example.name}"')[1].split("</form>")[0]
        assert f'form="example-{example.name}"' in html
        sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        assert sent.pop("csrfmiddlewaretoken")
        # The calculator is the only tool of each.
        wanted = posted(example) | {"tools": "calculator"}
        assert {name: unescape(value) for name, value in sent.items()} == {
            name: str(value) for name, value in wanted.items()
        }


def test_an_example_that_no_money_is_left_for_keeps_its_task(browser, alice):
    set_budget("0.0000001")
    example = browser.get("/").context["examples"][0]

    response = browser.post("/", posted(example))

    assert response.status_code == 402
    assert ("task", example.task) in response.context["sent"]


def test_recent_runs_cost_no_query_each(browser, alice, django_assert_max_num_queries):
    RunFactory.create_batch(5, owner=alice)
    with django_assert_max_num_queries(14):
        browser.get("/")


def test_a_key_that_is_too_long_is_refused_by_the_form(browser):
    data = fields(browser.get("/")) | {"idempotency_key": "k" * 255}

    assert browser.post("/", data).status_code == 422
