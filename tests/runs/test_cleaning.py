"""Texts lose what nobody sees and are composed; code and white space survive."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs import cleaning
from runs.cleaning import MOST_MARKS, cleaned
from runs.submission import Submission
from tests.pace import limit, seconds_of

KEPT = "\t\n\r\x85"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ZALGO = "a" + "\u0300\u0316" * MOST_MARKS
CODE = (
    'def f(x):\r\n\tif x != "ä":  # ≠ 中文 😀\n        return {"a": [1, 2]}\n\n\u00a0\u200d\u3000\n'
)


def test_code_and_white_space_survive() -> None:
    assert cleaned(CODE) == CODE
    assert cleaned(f"  {KEPT}  ") == f"  {KEPT}  "


@given(
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"], include_characters="\t\n\r"))
)
def test_ascii_survives_as_it_is(text: str) -> None:
    assert cleaned(text) == text


@given(TEXTS)
@example(ZALGO)
@example("a\x1b\u0301")
@example("\u0958" + "\u0316" * MOST_MARKS)
def test_all_others_only_lose_controls_and_are_composed(text: str) -> None:
    kept = cleaned(text)
    visible = "".join(c for c in text if unicodedata.category(c) != "Cc" or c in KEPT)
    assert unicodedata.normalize("NFC", kept) == unicodedata.normalize("NFC", visible)
    assert not any(unicodedata.category(c) == "Cc" and c not in KEPT for c in kept)
    assert cleaned(kept) == kept


@given(TEXTS)
def test_where_marks_are_few_the_text_is_in_form_nfc(text: str) -> None:
    if not cleaning.HEAPS.search(unicodedata.normalize("NFD", text)):
        assert unicodedata.is_normalized("NFC", cleaned(text))


def test_every_control_character_goes_but_white_space() -> None:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    assert cleaned("".join(controls)) == "\t\n\r\x85"


def test_equal_letters_are_equal_afterwards() -> None:
    assert cleaned("e\u0301") == cleaned("\u00e9") == "\u00e9"
    assert cleaned("e\x00\u0301") == "\u00e9"


def test_characters_for_writing_from_right_to_left_stay() -> None:
    text = "\u202ashalom\u202c \u200f\u05e9\u2067x\u2069"
    assert cleaned(text) == text


@pytest.mark.parametrize(
    "heap", ["a" + "\u0300\u0316" * 50_000, ("a" + "\u0300\u0316" * 15) * 3000]
)
def test_heaps_of_marks_take_no_longer_than_their_length(heap: str) -> None:
    usual_s = seconds_of(lambda: cleaned("e\u0301x" * 33_000))
    assert seconds_of(lambda: cleaned(heap)) < limit(2, usual_s)


def test_a_submission_is_clean_whichever_way_it_came() -> None:
    dirty, clean = "e\x1b\u0301", "\u00e9"
    made = Submission(
        task=dirty,
        custom_instructions=dirty,
        goals=(dirty,),
        prompts={"think": {"user": dirty}},
        metadata={"as": dirty},
    )
    assert [text for _, text in made.texts] == [clean] * 4
    assert made.metadata == {"as": dirty}
