"""Why two counts differ: each kind by itself, and nothing that isn't known is explained away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.money import UnitPrices
from runs.reconcile.counts import Call, Cost, Counts, Export, Kind, Reported, Sure
from runs.reconcile.errors import BadExport
from runs.reconcile.report import Own, Report, compare

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USED = Counts(1, 900, 100, 0, 200)
MOST = Counts(1, 2000, 0, 0, 1000)
PRICES = {"gpt-4.1-mini": UnitPrices(*map(Decimal, ("0.40", "0.10", "0.40", "1.60")))}
OWN = Own(frozenset(), {"gpt-4.1-mini"}, PRICES, NOON + timedelta(days=1))


def call(hold: int, minute: float, sure: Sure = Sure.EXACT, lasts_s: float = 3, **more) -> Call:
    """One that began after so many minutes; what isn't exact is charged at its most."""
    began = NOON + minute * MINUTE
    counts = {Sure.EXACT: USED, Sure.FAILED: Counts()}.get(sure, MOST)
    given: dict[str, Any] = {
        "hold": hold,
        "model": "gpt-4.1-mini",
        "began": began,
        "ended": began + timedelta(seconds=lasts_s),
        "sure": sure,
        "counts": counts,
        "amount": Decimal("0.0024") if counts == MOST else Decimal("0.00069"),
        "most": MOST,
        "most_usd": Decimal("0.0024"),
        "open_line": hold if sure == Sure.IN_DOUBT else None,
    }
    return Call(**(given | more))


NOTHING = Counts()


def bucket(minute: int, counts: Counts = NOTHING, **more) -> Reported:
    """The provider's count of one minute."""
    start = NOON + minute * MINUTE
    model = "gpt-4.1-mini-2025-04-14" if counts else ""
    return replace(Reported(start, start + MINUTE, model, counts), **more)


def report(buckets: list[Reported], calls: list[Call], own: Own = OWN, **more) -> Report:
    return compare(Export(tuple(buckets), **more), calls, own)


def kinds(found: Report) -> list[Kind]:
    return [row.kind for row in found.rows if row.kind]


def test_equal_counts_need_no_explanation():
    found = report([bucket(0, USED + USED), bucket(1), bucket(2, USED)], [
        call(1, 0.2), call(2, 0.5), call(3, 2.5),
    ])  # fmt: skip
    assert kinds(found) == []
    assert found.provider == found.ledger == Counts(3, 2700, 300, 0, 600)


def test_a_call_over_the_end_of_a_minute_may_be_counted_in_either():
    calls = [call(1, 0.2), call(2, 0.95, lasts_s=9), call(3, 1.5)]
    assert kinds(report([bucket(0, USED + USED), bucket(1, USED)], calls)) == []
    assert kinds(report([bucket(0, USED), bucket(1, USED + USED)], calls)) == []
    # Here one is counted by its beginning, the other by its end.
    calls += [call(4, 1.95, lasts_s=9), call(5, 2.5)]
    counted = [bucket(0, USED + USED), bucket(1, USED), bucket(2, USED + USED)]
    found = report(counted, calls)
    assert set(kinds(found)) <= {Kind.BOUNDARY}
    assert found.unexplained == 0


def test_one_call_in_doubt_is_known_exactly_from_what_is_left():
    doubt = call(7, 1.1, Sure.IN_DOUBT, lasts_s=20)
    calls = [call(1, 0.5), call(2, 1.4), doubt]
    found = report([bucket(0, USED), bucket(1, USED + Counts(1, 500, 0, 0, 77))], calls)
    assert kinds(found) == [Kind.IN_DOUBT]
    assert found.found == {7: Counts(1, 500, 0, 0, 77)}


def test_a_call_in_doubt_that_was_never_counted_costs_nothing():
    calls = [call(1, 0.5), call(7, 1.1, Sure.IN_DOUBT, lasts_s=80)]
    counted = [bucket(0, USED), *map(bucket, range(1, 6))]
    found = report(counted, calls)
    assert kinds(found) == [Kind.IN_DOUBT]
    assert found.found == {7: Counts()}
    # A provider may count it a little later, and the end of the export would hide that.
    assert report(counted[:3], calls).found == {}


def test_a_count_without_a_call_of_ours_ends_no_doubt():
    """It may be another key's, or leave this model out."""
    doubt = call(7, 1.1, Sure.IN_DOUBT, lasts_s=20)
    own = replace(OWN, keys=frozenset({"key_mistyped"}))
    counted = [bucket(0, USED, api_key="key_a"), *map(bucket, range(1, 6))]
    assert report(counted, [call(1, 0.5), doubt], own).found == {}
    assert report([bucket(minute) for minute in range(6)], [doubt]).found == {}
    other = bucket(1, USED, model="gpt-4.1")
    both = replace(OWN, models={"gpt-4.1-mini", "gpt-4.1"})
    counted = [other, *map(bucket, (0, 2, 3, 4, 5))]
    assert report(counted, [call(1, 1.5, model="gpt-4.1"), doubt], both).found == {}


def test_a_count_that_cant_be_explained_ends_no_doubt():
    calls = [call(1, 0.5), call(7, 2.1, Sure.IN_DOUBT), call(8, 3.1, Sure.IN_DOUBT)]
    counted = {0: USED, 2: Counts(1, 500, 0, 0, 77)}
    whole = [bucket(minute, counted.get(minute, NOTHING)) for minute in range(7)]
    assert report(whole, calls).found == {7: counted[2], 8: Counts()}
    found = report([*whole[:-1], bucket(6, USED)], calls)
    assert (found.unexplained, found.found) == (1, {})


def test_a_request_without_tokens_says_nothing_of_what_a_call_used():
    calls = [call(1, 0.5), call(7, 2.1, Sure.IN_DOUBT)]
    counted = {0: USED, 2: Counts(1, 0, 0, 0, 0)}
    found = report([bucket(minute, counted.get(minute, NOTHING)) for minute in range(7)], calls)
    assert (kinds(found), found.found) == ([Kind.IN_DOUBT], {})


def test_a_call_at_the_edge_may_have_been_counted_outside_and_a_doubt_in_its_place():
    calls = [call(1, 0.01), call(2, 1.5), call(7, 0.3, Sure.IN_DOUBT)]
    counted = [bucket(0, USED), bucket(1, USED), *map(bucket, range(2, 6))]
    assert report(counted, calls).found == {}
    assert report([bucket(-1), *counted], calls).found == {7: Counts()}


def test_what_a_call_under_way_has_used_is_no_other_calls():
    under_way = call(8, 0.3, Sure.IN_DOUBT, lasts_s=9000, counts=NOTHING, open_line=None)
    calls = [call(1, 0.5), call(7, 0.2, Sure.IN_DOUBT), under_way]
    counted = [bucket(0, USED + Counts(1, 500, 0, 0, 77)), *map(bucket, range(1, 6))]
    found = report(counted, calls)
    assert (kinds(found), found.found) == ([Kind.IN_DOUBT], {})
    assert report(counted, calls[:2]).found == {7: Counts(1, 500, 0, 0, 77)}


def test_where_rows_name_keys_one_without_a_key_is_not_ours():
    own = replace(OWN, keys=frozenset({"key_a"}))
    counted = [bucket(0, USED, api_key="key_a"), bucket(0, Counts(1, 500, 0, 0, 77))]
    calls = [call(1, 0.5), call(7, 0.2, Sure.IN_DOUBT)]
    found = report([*counted, *map(bucket, range(-1, 6))], calls, own)
    assert Kind.NOT_OURS in kinds(found)
    assert found.found == {7: Counts()}


def test_two_calls_in_doubt_share_what_is_left_and_neither_is_guessed():
    calls = [call(7, 0.1, Sure.IN_DOUBT), call(8, 0.2, Sure.IN_DOUBT)]
    found = report([bucket(0, Counts(1, 500, 0, 0, 77))], calls)
    assert (kinds(found), found.found) == ([Kind.IN_DOUBT], {})


def test_beside_a_cut_answer_a_call_in_doubt_was_not_billed():
    calls = [call(7, 0.1, Sure.IN_DOUBT), call(8, 0.2, Sure.ESTIMATED)]
    found = report([bucket(0, Counts(1, 500, 0, 0, 77))], calls)
    assert found.found == {7: Counts()}


def test_an_estimate_differs_by_what_we_could_not_count():
    found = report([bucket(0, Counts(1, 1000, 0, 0, 300))], [call(1, 0.1, Sure.ESTIMATED)])
    assert kinds(found) == [Kind.ESTIMATED]
    (sums,) = found.sums
    assert sums.counts == Counts(0, -1000, 0, 0, -700)
    assert sums.usd == -(1000 * Decimal("0.4") + 700 * Decimal("1.6")) / 10**6


def test_a_failed_attempt_may_have_been_counted():
    found = report([bucket(0, Counts(1, 1000, 0, 0, 0))], [call(1, 0.1, Sure.FAILED)])
    assert kinds(found) == [Kind.FAILED]


def test_other_keys_tiers_and_models_are_not_ours():
    own = replace(OWN, keys=frozenset({"key_a"}))
    found = report(
        [
            bucket(0, USED, api_key="key_a", tier="default"),
            bucket(0, USED, api_key="key_b"),
            bucket(0, USED, api_key="key_a", tier="flex"),
            bucket(0, USED, api_key="key_a", model="gpt-image-1"),
        ],
        [call(1, 0.1)],
        own,
    )
    assert kinds(found) == [Kind.NOT_OURS] * 3
    assert found.provider == found.ledger == USED


def test_several_keys_without_saying_whose_they_are_are_refused():
    with pytest.raises(BadExport, match="key_a, key_b"):
        report([bucket(0, USED, api_key="key_a"), bucket(1, USED, api_key="key_b")], [])


@pytest.mark.parametrize(
    ("counted", "calls"),
    [
        (USED + USED, [call(1, 0.5)]),
        (Counts(), [call(1, 0.5)]),
        (Counts(1, 901, 100, 0, 200), [call(1, 0.5)]),
        (USED, []),
        # More than was held for the call in doubt.
        (Counts(1, 2001, 0, 0, 10), [call(1, 0.5, Sure.IN_DOUBT)]),
        (Counts(1, 10, 0, 0, 1400), [call(1, 0.5, Sure.IN_DOUBT)]),
        (Counts(2, 500, 0, 0, 10), [call(1, 0.5, Sure.IN_DOUBT)]),
        (Counts(0, 500, 0, 0, 10), [call(1, 0.5, Sure.IN_DOUBT)]),
        (Counts(), [call(1, 0.5), call(2, 0.6, Sure.IN_DOUBT)]),
    ],
)
def test_what_nothing_known_explains_is_unexplained(counted, calls):
    found = report([bucket(-1), bucket(0, counted), bucket(1)], calls)
    assert found.unexplained == 1
    assert found.found == {}


def test_what_is_in_another_minute_explains_nothing():
    calls = [call(1, 0.5, Sure.IN_DOUBT)]
    found = report([bucket(0), bucket(1), bucket(2, USED)], calls)
    assert set(kinds(found)) == {Kind.IN_DOUBT, Kind.UNEXPLAINED}


def test_calls_at_the_edges_of_an_export_may_be_outside():
    early, late = call(1, -0.1, lasts_s=8), call(2, 0.95, lasts_s=8)
    for counted in (Counts(), USED, USED + USED):
        found = report([bucket(0, counted)], [early, late])
        assert found.unexplained == 0
    assert report([bucket(0, USED + USED + USED)], [early, late]).unexplained == 1


def test_a_doubt_at_the_edge_is_not_resolved():
    doubt = call(1, 0.9, Sure.IN_DOUBT, lasts_s=20)
    assert report([bucket(0)], [doubt]).found == {}
    assert report([bucket(0, USED)], [doubt]).found == {}
    assert report([bucket(0, USED), bucket(1)], [doubt]).found == {1: USED}


def test_figures_that_may_not_be_complete_resolve_nothing():
    own = replace(OWN, complete_until=NOON + MINUTE)
    calls = [call(1, 0.5), call(2, 1.5, Sure.IN_DOUBT)]
    found = report([bucket(0, USED), bucket(1), bucket(2, USED)], calls, own)
    assert (kinds(found), found.found) == ([Kind.TOO_RECENT], {})


def test_overlapping_buckets_are_refused():
    wide = replace(bucket(0, USED), end=NOON + timedelta(hours=1))
    with pytest.raises(BadExport, match="overlap"):
        report([wide, bucket(1, USED)], [])


DAY = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
CHARGED = Decimal("0.00069")


def costs_of(*amounts: Decimal, item: str = "gpt-4.1-mini-2025-04-14, input") -> tuple[Cost, ...]:
    return tuple(Cost(*DAY, item, amount) for amount in amounts)


@pytest.mark.parametrize(
    ("costs", "calls", "expected"),
    [
        (costs_of(CHARGED), [call(1, 0.5)], []),
        (costs_of(Decimal("0.001")), [call(1, 0.5)], [Kind.ROUNDING]),
        (costs_of(Decimal(9), item="gpt-image-1"), [], [Kind.NOT_OURS]),
        (costs_of(Decimal(9)), [call(1, 0.5)], [Kind.UNEXPLAINED]),
        (
            costs_of(Decimal("0.02")),
            [call(1, 0.5, Sure.IN_DOUBT, most_usd=Decimal("0.05"), amount=Decimal("0.05"))],
            [Kind.IN_DOUBT],
        ),
        (
            costs_of(Decimal(0)),
            [
                call(
                    1,
                    719.99,
                    lasts_s=9,
                    amount=Decimal("0.05"),
                    ended=DAY[1] - timedelta(seconds=1),
                )
            ],
            [Kind.BOUNDARY],
        ),
    ],
)
def test_dollars_of_a_day_are_compared_too(costs, calls, expected):
    assert kinds(report([], calls, costs=costs)) == expected
