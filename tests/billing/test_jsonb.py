"""What models and people write is stored, whatever characters it holds."""

from typing import Any

import pytest
from django.db import connection

from billing.jsonb import jsonb
from runs.engine.types import Reply, ToolCall

pytestmark = pytest.mark.django_db


def _stored(value: Any) -> tuple[str, str]:
    params: list[Any] = [jsonb(value)] * 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb -> 'content', %s::jsonb", params)
        content, whole = cursor.fetchone() or ("", "")
        return content, whole


def test_a_dataclass_is_stored_as_an_object() -> None:
    reply = Reply("42", (ToolCall("a", "calculator", "{}"),), "stop", "m")
    content, whole = _stored(reply)
    assert content == '"42"'
    assert '"name": "calculator"' in whole


@pytest.mark.parametrize(("text", "kept"), [("A\x00B", "AB"), ("A\ud83dB", "A?B")])
def test_text_that_postgres_cannot_store_is_cleaned(text: str, kept: str) -> None:
    content, whole = _stored(Reply(text, (ToolCall("a", text, text),), "stop", "m"))
    assert content == f'"{kept}"'
    assert f'"arguments": "{kept}"' in whole
