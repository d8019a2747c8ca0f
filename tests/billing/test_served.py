"""The dearer of what was asked for and what was served is charged, or the line is marked."""

from decimal import Decimal

import pytest

from billing.money import ModelPrices, UnitPrices
from billing.served import Served, rate, same_model
from runs.engine.types import Reply, StepEnd, StepStart, Usage
from runs.executor import charges

CHEAP = UnitPrices(Decimal(1), Decimal("0.1"), Decimal(1), Decimal(10))
DEAR = UnitPrices(Decimal(10), Decimal(1), Decimal(10), Decimal(100))
PRIORITY = UnitPrices(Decimal(2), Decimal("0.2"), Decimal(2), Decimal(20))
FLEX = UnitPrices(Decimal("0.5"), Decimal("0.05"), Decimal("0.5"), Decimal(5))
TIERS = {"priority": ((0, PRIORITY),), "flex": ((0, FLEX),)}
ASKED = ModelPrices("cheap", "library", ((0, CHEAP),), by_service=TIERS)
OTHER = ModelPrices("dear", "price list", ((0, DEAR),))
COUNTS = {"fresh_input": 100, "cached_input": 0, "cache_write": 0, "output": 20}
START = StepStart("react/t1/think", 1, "Think", "0" * 64, {}, "cheap", 1000, 1000)
END = StepEnd("done", Usage(100, 0, 20), "exact", 1, Reply("42", (), "stop", "dear"))


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("gpt-5", "gpt-5-2026-08-06"),
        ("gpt-5", "gpt-5-20260806"),
        ("openai/gpt-5", "gpt-5"),
        ("llama3", "llama3:latest"),
        ("Qwen3-8B", "/models/qwen3-8b.gguf"),
        ("case-dated", "case-dated-2026-08-06"),
    ],
)
def test_a_date_a_tag_or_a_folder_makes_no_other_model(asked: str, served: str) -> None:
    assert same_model(asked, served)
    assert same_model(served, asked)


@pytest.mark.parametrize(
    ("asked", "served"), [("gpt-5", "gpt-5-pro"), ("gpt-5", "gpt-5.1"), ("a-20", "a"), ("a", "b")]
)
def test_another_name_is_another_model(asked: str, served: str) -> None:
    assert not same_model(asked, served)


@pytest.mark.parametrize(
    ("served", "unit", "known", "dearer"),
    [
        (Served("cheap", "", ASKED), CHEAP, True, False),
        (Served("cheap", "default", ASKED), CHEAP, True, False),
        (Served("cheap", "priority", ASKED), PRIORITY, True, True),
        (Served("cheap", "flex", ASKED), CHEAP, True, False),
        (Served("cheap", "turbo", ASKED), CHEAP, False, False),
        (Served("dear", "", OTHER), DEAR, True, True),
        (Served("dear", "priority", OTHER), DEAR, False, True),
        (Served("unheard-of", "", None), CHEAP, False, False),
    ],
)
def test_the_dearer_price_is_charged(served, unit, known, dearer) -> None:
    found = rate(ASKED, served, COUNTS)
    assert (found.unit, found.known, found.dearer) == (unit, known, dearer)


def test_a_cheaper_model_is_charged_as_what_was_asked_for() -> None:
    found = rate(OTHER, Served("cheap", "", ASKED), COUNTS)
    assert (found.unit, found.dearer) == (DEAR, False)


def test_a_dearer_model_is_charged_exactly_and_the_run_is_told_both_names() -> None:
    charged = charges.charge(END, START, ASKED, Served("dear", "", OTHER))
    assert charged.usage is not None
    assert charged.notice is not None
    assert charged.confidence == "exact"
    assert charged.usage["output_price"] == "100"
    assert charged.usage["price_source"] == "price list, dear"
    assert "“cheap”" in charged.notice["message"]
    assert "“dear”" in charged.notice["message"]
    assert "higher price is charged" in charged.notice["message"]


def test_a_model_without_a_known_price_is_charged_as_an_estimate() -> None:
    charged = charges.charge(END, START, ASKED, Served("unheard-of", "", None))
    assert charged.confidence == "estimated"
    assert charged.notice is not None
    assert "“unheard-of”" in charged.notice["message"]


def test_our_own_count_teaches_nothing_about_the_input() -> None:
    own = StepEnd("done", Usage(100, 0, 20), "estimated", 1, END.reply, past_cap=True)
    charged = charges.charge(own, START, ASKED, Served("cheap", "", ASKED))
    assert charged.usage is not None
    assert "safety" not in charged.usage
    assert charged.usage["past_cap"] is True


def test_a_bound_covers_every_service_tier_where_none_is_asked_for() -> None:
    any_tier = ModelPrices("m", "l", ((0, CHEAP),), by_service=TIERS, hold_any_service=True)
    assert any_tier.bound(100).prices.output == PRIORITY.output
    assert ASKED.bound(100).prices.output == CHEAP.output
