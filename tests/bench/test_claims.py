"""What the papers claim of the patterns holds of ours, in counts and in virtual time."""

from functools import cache

import pytest

from bench.papers.chains import Counted, chain, counted, polynomial, wins_from
from bench.papers.halves import as_planned, halved
from bench.papers.others import (
    lats,
    lats_calls,
    reused_structure,
    self_discovery,
    storm,
    writing_s,
)

KS = range(1, 6)


@cache
def played(side: str, dependent: bool) -> list[Counted]:
    return chain(side, KS, dependent=dependent)


def test_react_sends_its_past_again_each_turn_and_rewoo_sends_it_once():
    react = polynomial([one.bill.input for one in played("react", True)])
    rewoo = polynomial([one.bill.input for one in played("rewoo", True)])
    assert react
    assert rewoo
    assert react[2] > 0
    assert rewoo[2] == 0
    assert [one.bill.calls for one in played("react", True)] == [k + 1 for k in KS]


@pytest.mark.parametrize("side", ["rewoo", "compiler"])
@pytest.mark.parametrize("dependent", [False, True])
def test_a_plan_and_an_answer_are_two_calls_however_many_look_ups_there_are(
    side: str, dependent: bool
):
    assert {one.bill.calls for one in played(side, dependent)} == {2}


@pytest.mark.parametrize("side", ["rewoo", "compiler"])
def test_a_plan_pays_from_the_second_look_up_on_where_react_takes_turns(side: str):
    mine, react = played(side, True), played("react", True)
    assert wins_from(mine, react, lambda one: one.bill.tokens) == 2
    assert wins_from(mine, react, lambda one: one.seconds) == 2


def test_calls_in_one_turn_are_as_good_as_a_plan_for_up_to_four():
    parallel, rewoo = played("parallel", False), played("rewoo", False)
    assert wins_from(rewoo, parallel, lambda one: one.bill.tokens) == 5


def test_of_reacts_input_more_and_more_repeats_the_request_before():
    bills = [one.bill for one in played("react", True)]
    shares = [bill.repeated / bill.input for bill in bills]
    assert shares == sorted(shares)
    # All but the last turn's own part: each request begins with the whole one before.
    assert bills[2].repeated == bills[1].input
    assert [bill.dollars_repeated < bill.dollars for bill in bills] == [True] * len(bills)


def test_tools_that_fail_cost_react_turns_and_rewoo_none():
    react, rewoo = (counted(side, 2, fails=True).bill for side in ("react", "rewoo"))
    assert react.calls > played("react", False)[1].bill.calls
    assert rewoo.calls == 2
    assert rewoo.tokens < played("rewoo", False)[1].bill.tokens


def test_time_is_virtual_and_the_same_each_time():
    assert counted("compiler", 3) == counted("compiler", 3) == played("compiler", False)[2]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("n", "depth", "k"), [(3, 5, 3), (10, 3, 1), (10, 2, 2)])
def test_a_searchs_calls_follow_from_its_limits(n: int, depth: int, k: int, at_once: bool):
    made = lats(n, depth, k, at_once=at_once)
    assert len(made.calls) == lats_calls(n, depth, k, at_once=at_once)


def test_a_structure_takes_three_calls_and_is_filled_in_one_or_in_one_a_step():
    assert [len(self_discovery("compact", steps).calls) for steps in (2, 5)] == [4, 4]
    assert [len(self_discovery("stepwise", steps).calls) for steps in (2, 5)] == [6, 9]


def test_a_structure_that_is_forked_takes_one_call_for_each_further_task():
    played = reused_structure(5, 3)
    assert [len(one.calls) for one in played] == [4, 1, 1]
    sent = [one.calls[-1].body["messages"][-1]["content"] for one in played]
    assert ["This is task 2." in text for text in sent] == [False, False, True]


def test_a_reports_sections_take_as_long_as_one_of_them():
    one, five, ten = (writing_s(storm(sections)) for sections in (1, 5, 10))
    assert one == five == ten


@pytest.mark.parametrize("pattern", ["plan_and_solve", "rewoo"])
def test_a_planner_that_knows_what_is_left_ends_as_planned(pattern: str):
    runs = halved(pattern, sizes=[6])
    assert [as_planned(run.whole) for run in runs] == [True]
    assert [as_planned(run.told) for run in runs] == [True]
    assert [as_planned(run.untold) for run in runs] == [False]
    assert runs[0].untold.result.answer
