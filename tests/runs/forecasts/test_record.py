"""How often bands held: counted from what was scored, and told with what chance explains."""

import pytest
from django.utils import timezone

from runs.forecast_models import MonthForecast
from runs.forecasts.scoring import score
from runs.selectors.forecasts import Record, forecast_record, wilson
from tests.runs.forecasts.scored import scored

pytestmark = pytest.mark.django_db


def record() -> list[Record]:
    score()
    return list(forecast_record())


def test_what_is_inside_below_and_above_is_counted():
    scored([1, 2, 4, "0.5", 5, 8])

    (found,) = record()

    assert (found.scored, found.held, found.below, found.above) == (6, 3, 1, 2)
    # Off by 1, 0, 0.5, 3, 0.6 and 0.75 of the cost.
    assert found.error == pytest.approx(0.675)
    assert found.bias == pytest.approx((12 - 20.5) / 20.5)
    assert found.verdict == "early"


def test_patterns_models_bases_and_dollars_are_apart():
    scored([2, 2])
    for other in ({"pattern": "storm"}, {"model": "gpt-4.1"}, {"basis": "formula"},
                  {"simulated": False}):  # fmt: skip
        scored([5], **other)

    found = record()

    assert [one.scored for one in found] == [2, 1, 1, 1, 1]
    assert [one.held for one in found] == [2, 0, 0, 0, 0]


def test_counting_again_counts_nothing_twice():
    scored([2] * 3)
    assert [one.scored for one in record()] == [3]
    scored([2], scored_at=None)
    assert [one.scored for one in record()] == [3]


def test_a_month_counts_by_few_of_its_days(alice):
    for day in range(1, 29):
        MonthForecast.objects.create(
            owner=alice, simulated=False, day=f"2026-02-{day:02}", low_usd=1, p50_usd=2,
            high_usd=3, actual_usd=2 if day != 15 else 9, scored_at=timezone.now(),
        )  # fmt: skip

    found = record()

    assert [(one.given_on, one.scored, one.held) for one in found] == [
        (8, 1, 1),
        (15, 1, 0),
        (22, 1, 1),
    ]
    assert {(one.pattern, one.model, one.basis_words) for one in found} == {("", "", "")}


def test_what_cost_nothing_has_no_error():
    scored([0, 0])
    (found,) = record()
    assert (found.error, found.bias, found.below) == (None, None, 2)


@pytest.mark.parametrize(
    ("held", "of", "verdict"),
    [(19, 19, "early"), (16, 20, "right"), (10, 20, "narrow"), (60, 60, "wide")],
)
def test_a_band_is_called_wrong_where_chance_does_not_explain_it(held, of, verdict):
    scored([2] * held + [9] * (of - held))
    (found,) = record()
    assert found.verdict == verdict


def test_the_interval_is_wilsons():
    """The figures of Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for held, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(held, of) == pytest.approx((low, high), abs=0.0001)


def test_the_record_is_read_in_one_query(django_assert_num_queries):
    scored([2])
    score()
    with django_assert_num_queries(1):
        forecast_record()
