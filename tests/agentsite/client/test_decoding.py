"""JSON into the client's types and back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from django.core.management import CommandError, call_command

from agentsite.client.decoding import decode, encode
from agentsite.management.commands import client_types


@dataclass(frozen=True, slots=True)
class Inner:
    from_: date
    colour: Literal["red", "green"]


@dataclass(frozen=True, slots=True)
class Outer:
    at: datetime
    usd: Decimal
    inner: Inner | None
    rows: list[Inner]
    by_name: dict[str, Decimal]
    free: dict[str, Any]
    newer: str | None = None


SAID = {
    "at": "2026-11-29T12:30:00.250000Z",
    "usd": "0.000000000001",
    "inner": {"from": "2026-11-01", "colour": "blue"},
    "rows": [],
    "by_name": {"a": "10"},
    "free": {"deep": [1, {"x": None}]},
}


def test_a_value_comes_back_as_it_was() -> None:
    value = decode(Outer, SAID)

    assert value.at == datetime(2026, 11, 29, 12, 30, 0, 250000, UTC)
    assert value.usd == Decimal("1E-12")
    assert value.inner == Inner(date(2026, 11, 1), "blue")  # type: ignore[arg-type]
    assert encode(value) == {**SAID, "newer": None}


def test_what_a_newer_site_adds_is_left_out() -> None:
    assert decode(Inner, {"from": "2026-11-01", "colour": "red", "size": 3}).colour == "red"


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        decode(Inner, {"colour": "red"})


def test_the_types_are_those_of_the_openapi_document(tmp_path, monkeypatch) -> None:
    call_command("client_types", "--check")

    old = tmp_path / "types.py"
    old.write_text("")
    monkeypatch.setattr(client_types, "FILE", old)
    with pytest.raises(CommandError, match=r"manage\.py client_types"):
        call_command("client_types", "--check")
