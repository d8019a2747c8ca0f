"""What providers' lists say of shutdowns, as they spell it."""

from datetime import date
from typing import Any

import pytest

from runs.engine.provider.shutdowns import listed, sentence

DAY = date(2027, 1, 14)


@pytest.mark.parametrize(
    "said",
    [
        {"shutdown_date": "2027-01-14"},
        {"deprecation": "2027-01-14T12:00:00Z", "deprecation_replacement_model": "other"},
        {"expiration_date": "2027-01-14"},
        {"shutdown_date": None, "expiration_date": "2027-01-14"},
        {"shutdown_date": "soon", "deprecation": "2027-01-14"},
    ],
)
def test_each_spelling_is_read(said: dict[str, Any]) -> None:
    assert listed({"object": "list", "data": [{"id": "m", **said}]}) == {"m": DAY}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "models",
        {"data": None},
        {"data": {"m": {}}},
        {"data": ["m", None, {"shutdown_date": "2027-01-14"}, {"id": 7, "deprecation": "x"}]},
        {"data": [{"id": "m"}, {"id": "n", "shutdown_date": None}]},
        {"data": [{"id": "m", "shutdown_date": 1800000000}, {"id": "n", "deprecation": True}]},
        {"data": [{"id": "m", "shutdown_date": ""}, {"id": "n", "deprecation": "2027"}]},
    ],
)
def test_what_can_not_be_read_is_passed_over(answer: Any) -> None:
    assert listed(answer) == {}


def test_it_is_said_before_and_after() -> None:
    before = sentence("m", DAY, date(2027, 1, 13))
    assert before == "“m” will be shut down on 14 January 2027."
    assert sentence("m", DAY, DAY) == "“m” was shut down on 14 January 2027."
