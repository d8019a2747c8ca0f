"""STORM: with little money, killed anywhere, or with any plan, it ends well."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.harness import Died, Harness, Limited, Mortal, Poor
from tests.engine.patterns.storm.world import (
    PLANNED,
    SMALL,
    STORM,
    Model,
    Search,
    storm,
)


async def test_little_money_makes_it_narrow(engine: Harness, model: Model, search: Search):
    engine.journal = Limited(9)
    result = await storm(engine, params={})
    assert len([key for key in engine.keys if "section" in key]) == 2
    assert len([key for key in engine.keys if "questions" in key]) == 2
    assert engine.codes() == ["breadth"]
    for step in PLANNED:
        assert "Left: $0.05, about 9 calls." in model.prompts(step)[0]
    assert result.answer_kind == "final"


@pytest.mark.parametrize("affordable", range(8))
async def test_out_of_money_it_writes_from_what_it_has(
    engine: Harness, model: Model, search: Search, affordable: int
):
    engine.journal = Poor(affordable)
    result = await storm(engine)
    assert (result.status, result.stop_reason) == ("succeeded", "budget")
    assert result.answer_kind == "best_effort"
    assert len(engine.keys) <= affordable + 1
    if affordable >= 4:
        assert "https://example.org/person-1-1/1" in result.answer
        assert result.sources
    if affordable >= 6:
        assert "## Section 1" in result.answer


async def test_killed_after_each_call_it_ends_the_same_and_searches_no_more(
    engine: Harness, model: Model, search: Search
):
    params = {**SMALL, "follow_up_rounds": 1}
    whole = await storm(engine, params=params)
    calls, queries = sorted(engine.keys), sorted(search.queries)
    for dies_after in calls:
        search.queries.clear()
        engine.journal = journal = Mortal(dies_after)
        with pytest.raises(Died):
            await storm(engine, params=params)
        journal.dies_after = ""
        resumed = await storm(engine, params=params)
        assert resumed.answer == whole.answer, dies_after
        assert [s["url"] for s in resumed.sources] == [s["url"] for s in whole.sources]
        done = [start.key for start, end in journal.steps if end and end.status == "done"]
        assert sorted(done) == calls, dies_after
        assert sorted(search.queries) == queries, dies_after


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
TITLES = st.text(max_size=200) | st.sampled_from(["", "# A", "[1]", "</task>", "${s1}", "{task}"])
HOSTILE = st.fixed_dictionaries(
    {
        "title": TITLES,
        "sections": st.lists(
            st.fixed_dictionaries(
                {
                    "id": st.sampled_from(["s1", "s2", ""]),
                    "title": TITLES,
                    "points": st.lists(TITLES, max_size=3),
                    "source_ids": st.lists(st.integers(-2, 12), max_size=30),
                }
            ),
            max_size=1000,
        ),
    }
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(planned=HOSTILE | JUNK, said=st.text(max_size=200))
async def test_no_plan_makes_it_hang_or_overspend(
    engine: Harness, model: Model, search: Search, planned: Any, said: str
):
    model.asked.clear()
    model.says = {"outline": planned, "draft_outline": planned, "section": f"x{said}"}
    engine.forget()
    result = await storm(engine)
    assert result.status == "succeeded"
    most = STORM.calls(STORM.params.model_validate(SMALL))[2]
    assert len(engine.keys) <= most + 2
    assert len(result.sources) == result.answer.count("](<https://example.org/")
