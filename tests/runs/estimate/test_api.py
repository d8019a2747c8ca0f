"""POST /api/v1/estimate/: from runs alike, from the formula, or not at all; never a guess."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from billing.models import ModelPrice
from billing.services import create_budget
from billing.statements import from_json
from runs.engine.patterns.react import ReActParams
from runs.engine.registry import PATTERNS
from runs.estimate.past import HISTORY
from runs.models import Run
from runs.states import Status
from tests.factories import ApiTokenFactory
from tests.runs.estimate.past import TASK, past
from tests.runs.forecasts.scored import scored

pytestmark = pytest.mark.django_db
URL = "/api/v1/estimate/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def ask(api: Any, **body: Any) -> dict[str, Any]:
    response = api.post(URL, {"task": TASK, "model": "gpt-4.1-mini", **body}, format="json")
    assert response.status_code == 200, response.content
    shown: dict[str, Any] = response.json()
    return shown


def costs(count: int) -> list[str]:
    return [f"0.0{n:02}0000001" for n in range(1, count + 1)]


def test_runs_alike_give_exact_percentiles(api) -> None:
    past(costs(20))
    shown = ask(api)
    assert shown == {
        "llm_calls": {"min": 1, "typical": 4, "max": 4},
        "cost_usd": {
            "p10": "0.0020000001",
            "p50": "0.0100000001",
            "p90": "0.0190000001",
            "max": shown["cost_usd"]["max"],
        },
        "basis": "history",
        "sample_size": 20,
        "would_exceed": None,
        "routing": {"chosen": "gpt-4.1-mini", "reason": "Chosen by the request."},
        "taken_over": None,
    }
    assert Decimal(shown["cost_usd"]["max"]) > Decimal("0.0190000001")


@pytest.mark.parametrize(
    "unlike",
    [
        {"pattern": "reflection"},
        {"chosen_model": "gpt-4.1"},
        {"simulated": False},
        {"status": Status.CANCELLED},
        {"llm_calls": 0},
        {"finished_at": timezone.now() - timedelta(days=91)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_runs_that_are_not_alike_do_not_count(api, unlike: dict[str, Any]) -> None:
    past(costs(9))
    past(costs(20), **unlike)
    shown = ask(api)
    assert (shown["basis"], shown["sample_size"]) == ("formula", 0)


def test_too_few_of_one_size_are_joined_by_other_sizes(api) -> None:
    past(["0.5"] * 9)
    past(costs(11), task="x" * 5000)
    assert ask(api)["sample_size"] == 20
    past(["0.25"])
    shown = ask(api)
    assert shown["sample_size"] == 10
    assert shown["cost_usd"]["p50"] == min("0.5", shown["cost_usd"]["max"])


def test_the_size_of_a_task_is_counted_in_bytes_by_powers_of_two(alice) -> None:
    for task, size in {"x": 1, "xxx": 2, "xxxx": 3, "é" * 4: 4, "x" * 65_536: 17}.items():
        past(["0.1"], task=task)
        assert Run.objects.latest("id").task_size == size == len(task.encode()).bit_length()


def test_the_formula_multiplies_calls_by_their_bounds(api) -> None:
    shown = ask(api, params={"max_iterations": 2}, tools=[])
    least, typical, most = PATTERNS["react"].calls(
        ReActParams.model_validate({"max_iterations": 2})
    )
    assert shown["llm_calls"] == {"min": least, "typical": typical, "max": most}
    assert (shown["basis"], shown["sample_size"]) == ("formula", 0)
    outputs = most * 4096 * Decimal("1.6") / 1_000_000
    carried = (4096 + 2 * 4096) * Decimal("0.4") / 1_000_000
    p90 = Decimal(shown["cost_usd"]["p90"])
    assert outputs + carried < p90 < outputs + carried + Decimal("0.002")
    assert Decimal(shown["cost_usd"]["p50"]) <= p90 <= Decimal(shown["cost_usd"]["max"])


def test_what_runs_of_the_pattern_came_to_corrects_the_formula(api) -> None:
    plain = ask(api)["cost_usd"]
    # Forecast at 8 by the formula; they cost 1/16 of it, and two of them less and more.
    scored(["0.25", *["0.5"] * 8, 1], model="gpt-4.1")
    scored(["0.5"] * 20, pattern="storm")
    scored(["0.5"] * 20, simulated=False)

    shown = ask(api)

    usual = Decimal(plain["p50"])
    parts = {"p10": 32, "p50": 16, "p90": 8}
    assert {name: Decimal(shown["cost_usd"][name]) for name in parts} == {
        name: round(usual / part, 12) for name, part in parts.items()
    }
    assert (shown["basis"], shown["sample_size"]) == ("formula", 10)
    assert shown["cost_usd"]["max"] == plain["max"]


def test_later_turns_carry_what_tools_returned(api) -> None:
    short = ask(api, params={"observation_chars": 200})
    long = ask(api, params={"observation_chars": 20_000})
    assert Decimal(long["cost_usd"]["max"]) > Decimal(short["cost_usd"]["max"])
    assert long["cost_usd"]["p50"] == short["cost_usd"]["p50"]


def test_a_models_own_price_is_counted(api) -> None:
    before = Decimal(ask(api)["cost_usd"]["max"])
    ModelPrice.objects.create(model="gpt-4.1-mini", input_price=4, output_price=16)
    assert Decimal(ask(api)["cost_usd"]["max"]) == 10 * before


def test_a_runs_own_limit_caps_every_figure(api) -> None:
    past(costs(20))
    assert ask(api, max_cost_usd="0.015")["cost_usd"] == {
        "p10": "0.0020000001",
        "p50": "0.0100000001",
        "p90": "0.015",
        "max": "0.015",
    }


@pytest.mark.parametrize("wish", [{"reasoning_effort": "high"}, {"verbosity": "low"}])
def test_wishes_have_no_history(api, wish) -> None:
    past(costs(10))
    assert (ask(api)["basis"], ask(api, **wish)["basis"]) == ("history", "formula")


def test_the_longer_a_model_thinks_the_dearer_the_formula(api) -> None:
    def most(**wish: str) -> Decimal:
        shown = ask(api, model="gpt-5-mini", **wish)
        return Decimal(shown["cost_usd"]["max"])

    wishes = [most(reasoning_effort=effort) for effort in ("none", "low", "medium", "max")]
    assert wishes == sorted(set(wishes))
    assert most() == most(reasoning_effort="medium") == most(verbosity="high")
    plain = [ask(api, model="gpt-4.1-mini", **wish) for wish in ({}, {"reasoning_effort": "max"})]
    assert plain[0]["cost_usd"]["max"] == plain[1]["cost_usd"]["max"]


def test_roles_with_models_of_their_own_have_no_history(api) -> None:
    past(costs(20))
    plain = ask(api, params={"max_iterations": 1})
    shown = ask(api, roles={"thinking": "gpt-4.1"}, params={"max_iterations": 1})
    assert (plain["basis"], shown["basis"]) == ("history", "formula")
    assert Decimal(shown["cost_usd"]["max"]) == 5 * Decimal(plain["cost_usd"]["max"])


def test_what_has_no_price_has_no_estimate(api, settings) -> None:
    settings.PROVIDER_MODELS = ("model-nobody-prices",)
    past(costs(20), chosen_model="model-nobody-prices")
    response = api.post(URL, {"task": TASK, "model": "model-nobody-prices"}, format="json")
    assert (response.status_code, response.json()["code"]) == (422, "unpriced_model")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"task": " "}, 400),
        ({"task": "x", "taks": "y"}, 400),
        ({"task": "x", "pattern": "nonsense"}, 422),
        ({"task": "x", "params": {"nonsense": 1}}, 400),
        ({"task": "x" * 200_001}, 413),
    ],
)
def test_what_a_submit_refuses_is_not_estimated(api, body, status) -> None:
    estimated = api.post(URL, body, format="json")
    submitted = api.post("/api/v1/runs/", body, format="json")
    assert estimated.status_code == submitted.status_code == status
    assert estimated.json() == submitted.json()


def test_nothing_runs(api) -> None:
    ask(api)
    assert not Run.objects.exists()


class TestWouldExceed:
    def test_the_hard_budget_with_too_little_left_is_named(self, api, alice: User) -> None:
        past(["0.02"] * 20)
        create_budget(scope="site", period="month", limit_usd=Decimal(1))
        assert ask(api)["would_exceed"] is None
        create_budget(scope="user", period="day", limit_usd=Decimal("0.02"), user=alice)
        assert ask(api)["would_exceed"] is None
        create_budget(scope="user", period="total", limit_usd=Decimal("0.0199"), user=alice)
        assert ask(api)["would_exceed"] == "user"

    def test_a_soft_budget_and_those_of_others_say_nothing(self, api, alice: User, bob) -> None:
        create_budget(scope="site", period="day", limit_usd=Decimal(0), hard=False)
        create_budget(scope="user", period="day", limit_usd=Decimal(0), user=bob)
        token = ApiTokenFactory.create(user=alice)
        create_budget(scope="token", period="day", limit_usd=Decimal(0), api_token=token)
        assert ask(api)["would_exceed"] is None


def test_an_estimate_takes_few_queries(api, django_assert_max_num_queries) -> None:
    past(costs(20))
    ask(api)
    # The token, the model's price twice (is there one, and what is it), history, budgets.
    with django_assert_max_num_queries(7):
        ask(api)


def test_history_can_be_read_from_its_index_alone() -> None:
    like: dict[str, str | int | None] = {
        "pattern": "react",
        "model": "gpt-4.1-mini",
        "simulated": True,
        "least": 10,
        "size": 5,
        "before": None,
    }
    # As on a site: there are others, and the planner knows how many.
    for number in range(40):
        past(costs(10), pattern=f"another-{number}")
    past(costs(10))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE runs_run")
        # A table this small would be read whole.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {HISTORY}", like)
        plan = from_json(cursor.fetchone()[0])[0]["Plan"]
    assert list(scans(plan)) == [("Index Only Scan", "run_history")] * 2


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """How a plan reads runs: the kind of each scan and its index."""
    if node.get("Relation Name") == "runs_run":
        yield node["Node Type"], node.get("Index Name", "")
    for inner in node.get("Plans", []):
        yield from scans(inner)
