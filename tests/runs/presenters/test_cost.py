"""The parts of a cost in whole percents."""

from decimal import Decimal

import pytest

from runs.presenters.cost import _whole_percents


@pytest.mark.parametrize(
    ("widths", "whole"),
    [
        (["66.40", "16.30", "17.30"], [67, 16, 17]),
        (["33.33", "33.33", "33.34"], [33, 33, 34]),
        (["99.80", "0.20"], [100, 0]),
        (["100.00"], [100]),
        ([], []),
    ],
)
def test_they_add_up_to_a_hundred(widths, whole):
    assert _whole_percents([Decimal(width) for width in widths]) == whole
