"""JSON that is taken, and JSON that could not be kept."""

from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from web.parsers import StrictJSONParser


def parsed(text: str) -> Any:
    return StrictJSONParser().parse(BytesIO(text.encode()))


@pytest.mark.parametrize("number", [-(2**63), 2**64 - 1, 1.5])
def test_a_number_that_every_writer_writes_is_taken(number: float) -> None:
    assert parsed(f'{{"a": [{number}]}}') == {"a": [number]}


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1e400"])
def test_one_that_some_writer_can_not_write_is_refused(number: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parsed(f'{{"a": [{{"b": {number}}}]}}')
    assert refused.value.detail == {"a": ["This number is too large."]}
