"""Patterns, models and tools over the API."""

from datetime import timedelta
from decimal import Decimal

import jsonschema
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from billing.models import ModelPrice
from tests.runs.estimate.past import past

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(api_for, alice):
    """The rows of a list that has one page."""
    api = api_for(alice, ["runs:write"])  # any token will do

    def read(name):
        response = api.get(f"/api/v1/{name}/")
        assert response.status_code == 200
        assert (response.json()["next"], response.json()["previous"]) == (None, None)
        return response.json()["results"]

    return read


def test_patterns_explain_themselves(rows):
    found = {pattern["key"]: pattern for pattern in rows("patterns")}

    react = found["react"]
    assert react["label"]
    assert react["summary"]
    assert react["params"]["properties"]["max_iterations"]["default"] == 5
    counts = react["llm_calls"]
    assert 1 <= counts["min"] <= counts["typical"] <= counts["max"]
    assert all(step["key"] and step["label"] and step["role"] for step in react["steps"])
    for pattern in found.values():
        jsonschema.Draft202012Validator.check_schema(pattern["params"])
        assert pattern["params"]["additionalProperties"] is False


def test_models_have_exact_prices_with_their_source(rows, settings):
    settings.PROVIDER_MODELS = ("gpt-4.1-mini", "house-model", "no-such-model-9")
    ModelPrice.objects.create(
        model="house-model", input_price=Decimal("0.1"), output_price=Decimal("0.000001")
    )

    known, own, unknown = rows("models")

    assert known["id"] == "gpt-4.1-mini"
    assert known["prices"] == {
        "input_usd": "0.4",
        "cached_input_usd": "0.1",
        "cache_write_usd": "0.4",
        "output_usd": "1.6",
    }
    assert known["price_source"].startswith("genai-prices")
    assert own["prices"]["output_usd"] == "0.000001"
    assert own["price_source"] == "price list"
    assert (unknown["prices"], unknown["price_source"]) == (None, None)
    assert all(model["simulated"] is True for model in (known, own, unknown))


def test_long_prompts_have_their_own_prices(rows, settings):
    settings.PROVIDER_MODELS = ("gpt-5.5",)

    (model,) = rows("models")

    assert model["prices"]["input_usd"] == "5"
    assert model["long_prompts"] == [
        {
            "above_input_tokens": 272_000,
            "input_usd": "10",
            "cached_input_usd": "1",
            "cache_write_usd": "10",
            "output_usd": "45",
        }
    ]


def test_tools_have_a_schema(rows):
    found = {tool["name"]: tool for tool in rows("tools")}

    assert "calculator" in found
    for tool in found.values():
        assert tool["label"]
        assert tool["description"]
        jsonschema.Draft202012Validator.check_schema(tool["schema"])


def test_tools_that_are_not_set_up_are_not_offered(rows, settings):
    settings.TOOL_SECRETS = {"search_url": "", "tavily_key": ""}
    assert "web_search" not in {tool["name"] for tool in rows("tools")}

    settings.TOOL_SECRETS = {"search_url": "", "tavily_key": "tvly-1"}
    assert "web_search" in {tool["name"] for tool in rows("tools")}


@pytest.mark.parametrize("name", ["patterns", "models", "tools"])
def test_the_catalogue_has_nothing_to_choose(api_for, alice, name):
    response = api_for(alice).get(f"/api/v1/{name}/?page=2")

    assert response.status_code == 400
    assert response.json()["errors"] == {"page": ["Unknown parameter."]}


@pytest.mark.parametrize("name", ["patterns", "models", "tools"])
def test_the_catalogue_is_for_who_signed_in(db, name):
    assert APIClient().get(f"/api/v1/{name}/").status_code == 401


def test_patterns_say_whom_they_suit_and_what_they_came_to_here(rows):
    now = timezone.now()
    past(["0.0123"] * 9, started_at=now - timedelta(seconds=2), finished_at=now)
    past(["0.0123"], status="failed")
    past(["0.01"] * 9, pattern="reflection")

    found = {pattern["key"]: pattern for pattern in rows("patterns")}

    assert found["react"]["suits"]["facts"] == ["yes"]
    assert found["react"]["suits"]["check"] == []
    assert found["react"]["suits"]["why"]
    assert found["react"]["medians"] == {
        "model": "gpt-4.1-mini",
        "runs": 10,
        "cost_usd": "0.0123",
        "seconds": 2.0,
        "success": 0.9,
    }
    assert found["reflection"]["medians"] is None
