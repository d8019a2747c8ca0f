"""The Models page: prices, and how the endpoint wants to be asked."""

import pytest
from django.conf import settings as site

from billing.providers import Provider
from runs.models import DialectRule

pytestmark = pytest.mark.django_db
MODEL = site.PROVIDER_MODELS[0]


def learn(**changes: object) -> None:
    known = {
        "endpoint": site.PROVIDERS[0].endpoint,
        "model": MODEL,
        "rule": "max_tokens",
        "words": "x",
    }
    DialectRule.objects.create(**known | changes)


def test_it_shows_prices_and_what_was_learnt(client_for, alice):
    learn()
    learn(rule="context_window", tokens=4096)
    learn(rule="no_temperature", endpoint="elsewhere")

    page = client_for(alice).get("/models/").content.decode()

    assert MODEL in page
    assert "The output cap is called max_tokens." in page
    assert "Its window has 4,096 tokens." in page
    assert "temperature" not in page


def test_where_nothing_was_learnt_it_says_so(client_for, alice):
    assert b"No model has needed one" in client_for(alice).get("/models/").content


def test_the_api_has_the_same(api_for, alice):
    learn()

    models = {one["id"]: one for one in api_for(alice).get("/api/v1/models/").json()["results"]}

    assert [lesson["rule"] for lesson in models[MODEL]["dialect"]] == ["max_tokens"]
    assert models[MODEL]["ignores_cap"] is False
    assert models[site.PROVIDER_MODELS[1]]["dialect"] == []


def test_it_is_for_those_who_are_signed_in(client):
    assert client.get("/models/").status_code == 302


def test_of_several_providers_each_model_s_is_named(client_for, alice, api_for, settings):
    assert b"Provider</th>" not in client_for(alice).get("/models/").content
    acme = Provider("acme", ("acme/m-1",), "acme@gpu.example", prefix="acme/")
    settings.PROVIDERS = (*settings.PROVIDERS, acme)
    settings.PROVIDER_MODELS = (MODEL, "acme/m-1")
    learn(endpoint=acme.endpoint, model="m-1")

    page = client_for(alice).get("/models/").content.decode()
    models = api_for(alice).get("/api/v1/models/").json()["results"]

    assert "Provider</th>" in page
    assert "acme@gpu.example" in page
    assert [(one["provider"], len(one["dialect"])) for one in models] == [
        ("simulator", 0),
        ("acme", 1),
    ]
