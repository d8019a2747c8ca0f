"""Items of a list are read as soon as they are complete, and only then."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.plans.streamed import StreamedItems

TEXTS = st.text('a}{[]\\",', max_size=6)
ITEMS = st.lists(st.dictionaries(TEXTS, TEXTS, max_size=3), max_size=5)


@given(ITEMS, st.integers(1, 7))
def test_in_whatever_pieces_it_comes_all_items_are_read_in_order(items, size):
    text = orjson.dumps({"tasks": items, "more": [{}]}).decode()
    reader = StreamedItems("tasks")
    for end in range(size, len(text) + size, size):
        found = reader.read(text[:end])
        assert found == items[: len(found)]
    assert found == items


def test_an_item_is_there_with_its_last_character():
    reader = StreamedItems("tasks")
    assert reader.read('{"tasks": [{"id": "}"') == []
    assert reader.read('{"tasks": [{"id": "}"}') == [{"id": "}"}]


def test_what_is_no_list_of_objects_has_no_items():
    assert StreamedItems("tasks").read('{"tasks": "no", "a": [{}]}') == []
    assert StreamedItems("tasks").read('{"tasks": [1, {"a": 1}]}') == []
