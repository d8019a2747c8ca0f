"""Texts on top of others: both are there, each half of a step is the upper one's."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.prompt_texts import PromptTexts

LETTERS = "ab \n"
SOME = st.text(LETTERS, max_size=8)
HALVES = st.dictionaries(
    st.sampled_from(["system", "user"]), st.text(LETTERS, min_size=1, max_size=4)
)
TEXTS = st.builds(
    PromptTexts,
    SOME,
    st.lists(SOME, max_size=3).map(tuple),
    st.dictionaries(st.sampled_from(["a", "b"]), HALVES),
)


def test_a_half_of_a_step_is_the_upper_ones_and_the_rest_is_added():
    base = PromptTexts("A", ("1",), {"x": {"system": "s", "user": "u"}, "y": {"user": "v"}})
    upper = PromptTexts("B", ("2",), {"x": {"user": "mine"}})

    assert upper.on_top_of(base) == PromptTexts(
        "A\n\nB", ("1", "2"), {"x": {"system": "s", "user": "mine"}, "y": {"user": "v"}}
    )


def test_nothing_on_top_changes_nothing():
    texts = PromptTexts("A", ("1",), {"x": {"system": "s"}})

    assert PromptTexts().on_top_of(texts) == texts.on_top_of(PromptTexts()) == texts


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(base=TEXTS, upper=TEXTS)
def test_what_is_taken_apart_can_be_put_together_again(base: PromptTexts, upper: PromptTexts):
    whole = upper.on_top_of(base)

    again = whole.without(base).on_top_of(base)

    assert again.custom_instructions == whole.custom_instructions
    assert again.goals == whole.goals
    assert {s: h for s, h in again.prompts.items() if h} == {
        s: h for s, h in whole.prompts.items() if h
    }
