"""Identifiers sort by the time they were made."""

import time
import uuid

from web.ids import uuid7


def test_it_is_a_version_7_of_now():
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - time.time()) < 5


def test_those_made_one_after_another_sort_and_differ():
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
